// In: nothing. Out: what a bundle may weigh, by what it imports: the one place where budgets are written down.
// Must stay true: a set is something that users really write; its budget is a promise, in bytes after gzip -9.

export interface SizeBudget {
  /** What the README calls it. */
  readonly name: string
  /** A module to bundle: a path from the root of the repository, or its source text. */
  readonly entry: { readonly file: string } | { readonly source: string }
  /** Bytes after gzip -9. */
  readonly gzip: number
  /** What it ought to weigh, in the same bytes, where it does not yet. Once it does, this is the budget. */
  readonly aim?: number
  /** True: a row of the README's table. */
  readonly shown?: boolean
}

/**
 * One import of one door, alone: what it would add to a program that shares nothing with it. These budgets are what was
 * measured and a twentieth more: they are there to make growth a decision.
 */
const alone = (door: string, name: string, gzip: number): SizeBudget => ({
  name: `\`${name}\` from \`clew/${door}\``,
  entry: { source: `export { ${name} } from 'clew/${door}'` },
  gzip,
})

export const BUDGETS: readonly SizeBudget[] = [
  {
    // RATIONALE.md, "Size", says what stands between. OpenTelemetry's SDK with its stock exporter: 17,689.
    name: 'a Worker that answers "hello": core, Workers, OTLP/JSON',
    entry: { file: 'test/runtime/fixtures/hello.ts' },
    gzip: 17_900,
    aim: 6_000,
    shown: true,
  },
  {
    name: 'everything for Cloudflare: every event, binding, sampler and policy, protobuf, gzip, logs',
    entry: {
      source: `
        export { createTracer, otlp, traced } from 'clew'
        export { emailEvents, queueEvents, tailEvents, workers } from 'clew/workers'
        export { allBindings } from 'clew/bindings'
        export * from 'clew/sampling'
        export { gzip, protobuf } from 'clew/flush'
        export { logs } from 'clew/logs'`,
    },
    gzip: 33_000,
    aim: 16_000,
    shown: true,
  },
  {
    // Without hono itself, which the app has anyway.
    name: 'a Hono app on Workers: core, Workers, the middleware, OTLP/JSON',
    entry: {
      source: `
        export { createTracer, otlp } from 'clew'
        export { workers } from 'clew/workers'
        export { clew } from 'clew/hono'`,
    },
    gzip: 19_300,
  },
  {
    name: 'a Lambda function: core, Lambda, OTLP/JSON',
    entry: {
      source: `
        export { createTracer, otlp } from 'clew'
        export { lambda } from 'clew/lambda'`,
    },
    gzip: 21_300,
  },
  // Propagators.
  alone('propagate', 'traceContext', 1_100),
  alone('propagate', 'baggage', 1_100),
  alone('propagate', 'b3', 950),
  alone('propagate', 'b3multi', 1_000),
  alone('propagate', 'jaeger', 1_550),
  alone('propagate', 'ottrace', 1_400),
  alone('propagate', 'xray', 1_050),
  alone('propagate', 'datadog', 1_400),
  alone('propagate', 'datadogTraceContext', 1_950),
  alone('propagate', 'google', 750),
  alone('propagate', 'composite', 200),
  alone('propagate', 'propagatorsNamed', 5_150),
  // Head samplers.
  alone('sampling', 'alwaysOn', 150),
  alone('sampling', 'alwaysRecord', 200),
  alone('sampling', 'parentBased', 1_300),
  alone('sampling', 'traceIdRatio', 1_250),
  alone('sampling', 'compositeSampler', 1_150),
  alone('sampling', 'rateLimited', 1_400),
  alone('sampling', 'rules', 1_050),
  alone('sampling', 'samplerFromEnv', 1_900),
  alone('sampling', 'alwaysOff', 150),
  alone('sampling', 'composableAlwaysOn', 150),
  alone('sampling', 'composableAlwaysOff', 150),
  alone('sampling', 'composableProbability', 400),
  alone('sampling', 'parentThreshold', 900),
  alone('sampling', 'ruleBased', 250),
  alone('sampling', 'annotating', 200),
  // Tail policies.
  alone('sampling', 'errors', 1_450),
  alone('sampling', 'slowerThan', 1_600),
  alone('sampling', 'anyOf', 1_700),
  alone('sampling', 'ratio', 1_500),
  alone('sampling', 'slowest', 2_300),
  alone('sampling', 'adaptive', 2_600),
  alone('sampling', 'tracesPerSecond', 1_650),
  alone('sampling', 'spansPerSecond', 1_650),
  alone('sampling', 'bytesPerSecond', 1_900),
  alone('sampling', 'composite', 2_000),
  alone('sampling', 'reservoir', 1_850),
  alone('sampling', 'headSampled', 1_300),
  alone('sampling', 'parentSampled', 1_300),
  alone('sampling', 'keepAll', 1_300),
  alone('sampling', 'anySpan', 1_300),
  alone('sampling', 'attribute', 1_600),
  alone('sampling', 'baggage', 1_550),
  alone('sampling', 'statusCodes', 1_350),
  alone('sampling', 'spanCount', 1_350),
  alone('sampling', 'traceState', 1_550),
  alone('sampling', 'allOf', 1_750),
  alone('sampling', 'not', 1_450),
  alone('sampling', 'drop', 1_400),
  // Budgets of one trace.
  alone('sampling', 'cap', 850),
  alone('sampling', 'collapse', 1_100),
  // Exporters and encoders.
  alone('flush', 'otlp', 3_800),
  alone('flush', 'json', 2_050),
  alone('flush', 'protobuf', 2_550),
  alone('flush', 'consoleExporter', 2_450),
  alone('flush', 'memoryExporter', 200),
  alone('flush', 'zipkinExporter', 2_800),
  alone('flush', 'stdoutExporter', 2_850),
  alone('flush', 'serviceBindingExporter', 4_100),
  alone('flush', 'r2Exporter', 3_100),
  alone('flush', 'queueExporter', 2_850),
  alone('flush', 'queueConsumer', 1_750),
  alone('flush', 'tailForwarder', 1_750),
  alone('flush', 'fallback', 450),
  alone('flush', 'fanOut', 550),
  alone('flush', 'coalesce', 1_050),
  alone('flush', 'waterfall', 2_300),
  alone('flush', 'gzip', 450),
  // Adapters, each with all it needs of the core.
  alone('handle', 'handle', 3_350),
  alone('lambda', 'lambda', 7_150),
  alone('lambda', 'lambdaExtension', 1_050),
  alone('hono', 'clew', 4_850),
  alone('bindings', 'allBindings', 5_400),
  alone('logs', 'logs', 1_600),
  alone('node', 'node', 2_450),
  alone('node', 'batching', 1_200),
  alone('vercel', 'vercel', 3_600),
  alone('deno', 'deno', 3_650),
  alone('bun', 'bun', 3_450),
  alone('fastly', 'fastly', 3_500),
  alone('azure', 'azure', 3_000),
  alone('browser', 'action', 650),
  alone('aws-sdk', 'awsClient', 2_850),
]
