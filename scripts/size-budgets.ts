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
    gzip: 17_600,
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
    gzip: 33_300,
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
    gzip: 19_100,
  },
  {
    name: 'a Lambda function: core, Lambda, OTLP/JSON',
    entry: {
      source: `
        export { createTracer, otlp } from 'clew'
        export { lambda } from 'clew/lambda'`,
    },
    gzip: 20_850,
  },
  // Propagators.
  alone('propagate', 'w3c', 1_700),
  alone('propagate', 'traceContext', 1_100),
  alone('propagate', 'baggage', 950),
  alone('propagate', 'b3', 900),
  alone('propagate', 'b3multi', 950),
  alone('propagate', 'jaeger', 1_650),
  alone('propagate', 'ottrace', 1_450),
  alone('propagate', 'xray', 1_000),
  alone('propagate', 'datadog', 1_350),
  alone('propagate', 'datadogTraceContext', 1_950),
  alone('propagate', 'google', 700),
  alone('propagate', 'composite', 200),
  alone('propagate', 'propagatorsNamed', 5_200),
  // Head samplers.
  alone('sampling', 'alwaysOn', 150),
  alone('sampling', 'alwaysRecord', 200),
  alone('sampling', 'parentBased', 1_250),
  alone('sampling', 'traceIdRatio', 1_200),
  alone('sampling', 'compositeSampler', 1_100),
  alone('sampling', 'rateLimited', 1_350),
  alone('sampling', 'rules', 1_000),
  alone('sampling', 'samplerFromEnv', 1_850),
  alone('sampling', 'alwaysOff', 150),
  alone('sampling', 'composableAlwaysOn', 150),
  alone('sampling', 'composableAlwaysOff', 150),
  alone('sampling', 'composableProbability', 400),
  alone('sampling', 'parentThreshold', 850),
  alone('sampling', 'ruleBased', 250),
  alone('sampling', 'annotating', 200),
  // Tail policies.
  alone('sampling', 'errors', 1_350),
  alone('sampling', 'slowerThan', 1_550),
  alone('sampling', 'anyOf', 1_650),
  alone('sampling', 'ratio', 1_400),
  alone('sampling', 'slowest', 2_250),
  alone('sampling', 'adaptive', 2_550),
  alone('sampling', 'tracesPerSecond', 1_600),
  alone('sampling', 'spansPerSecond', 1_600),
  alone('sampling', 'bytesPerSecond', 1_850),
  alone('sampling', 'composite', 1_950),
  alone('sampling', 'reservoir', 1_800),
  alone('sampling', 'headSampled', 1_250),
  alone('sampling', 'parentSampled', 1_250),
  alone('sampling', 'keepAll', 1_250),
  alone('sampling', 'anySpan', 1_250),
  alone('sampling', 'attribute', 1_550),
  alone('sampling', 'baggage', 1_500),
  alone('sampling', 'statusCodes', 1_300),
  alone('sampling', 'spanCount', 1_300),
  alone('sampling', 'traceState', 1_500),
  alone('sampling', 'allOf', 1_700),
  alone('sampling', 'not', 1_400),
  alone('sampling', 'drop', 1_350),
  // Budgets of one trace.
  alone('sampling', 'cap', 850),
  alone('sampling', 'collapse', 1_100),
  // Exporters and encoders.
  alone('flush', 'otlp', 3_450),
  alone('flush', 'json', 1_700),
  alone('flush', 'protobuf', 2_400),
  alone('flush', 'consoleExporter', 2_450),
  alone('flush', 'memoryExporter', 200),
  alone('flush', 'zipkinExporter', 3_050),
  alone('flush', 'stdoutExporter', 2_450),
  alone('flush', 'serviceBindingExporter', 3_500),
  alone('flush', 'r2Exporter', 2_700),
  alone('flush', 'queueExporter', 2_450),
  alone('flush', 'queueConsumer', 1_900),
  alone('flush', 'tailForwarder', 1_850),
  alone('flush', 'fallback', 450),
  alone('flush', 'fanOut', 550),
  alone('flush', 'coalesce', 1_050),
  alone('flush', 'waterfall', 2_300),
  alone('flush', 'gzip', 450),
  // Adapters, each with all it needs of the core.
  alone('handle', 'handle', 2_950),
  alone('lambda', 'lambda', 7_350),
  alone('lambda', 'lambdaExtension', 1_050),
  alone('hono', 'clew', 5_100),
  alone('bindings', 'allBindings', 6_200),
  alone('logs', 'logs', 1_550),
  alone('node', 'node', 2_600),
  alone('node', 'batching', 1_200),
  alone('vercel', 'vercel', 3_200),
  alone('deno', 'deno', 3_250),
  alone('bun', 'bun', 3_050),
  alone('fastly', 'fastly', 3_050),
  alone('azure', 'azure', 2_350),
  alone('browser', 'action', 650),
  alone('aws-sdk', 'awsClient', 3_000),
]
