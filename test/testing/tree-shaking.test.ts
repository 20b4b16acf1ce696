// In: Workers that use a part of the library by value, and one that uses none. Out: what their bundles carry of it.
// Must stay true: what is off by default costs who does not use it nothing; what is for development is not in production.
import { build } from 'esbuild'
import { describe, expect, test } from 'vitest'

/** Parts that come by value. */
const PARTS =
  /^src\/(?:runtime\/(?:testing\/|privacy\/|otel\/ambient|metrics|series|logs|cloudflare\/native|sql|environment-full)|flush\/(?:metrics-json|metrics-protobuf))/

const WORKER = `
  import { createTracer, otlp } from 'clew'
  import { workers } from 'clew/workers'
  export default (options) => workers(createTracer({ service: 's', exporter: otlp({ url: 'https://a.example' }), ...options }), {
    fetch: () => new Response('hello'),
  })`

/** What such a bundle carries of the parts. */
async function carried(imports: string, use: string, define: Record<string, string> = {}): Promise<readonly string[]> {
  const { metafile } = await build({
    stdin: { contents: `${imports}${WORKER}\nexport const used = ${use}`, resolveDir: process.cwd(), loader: 'ts' },
    bundle: true,
    minify: true,
    format: 'esm',
    metafile: true,
    write: false,
    define,
  })
  return Object.entries(Object.values(metafile.outputs)[0]!.inputs)
    .filter(([path, { bytesInOutput }]) => PARTS.test(path) && bytesInOutput > 0)
    .map(([path]) => path.replace(/^src\/|\.ts$/g, ''))
    .sort()
}

test('a Worker that uses none carries none', async () => expect(await carried('', '0')).toEqual([]))

describe('what a Worker carries that uses one', () => {
  test.each([
    ['logs', 'clew/logs', ['runtime/logs']],
    ['metrics', 'clew/metrics', ['flush/metrics-json', 'runtime/metrics', 'runtime/series']],
    ['openTelemetry', 'clew/otel', ['runtime/otel/ambient']],
    ['nativeSpans', 'clew/native', ['runtime/cloudflare/native']],
    ['captureHeaders', 'clew/privacy', ['runtime/privacy/headers']],
    ['hmac', 'clew/privacy', ['runtime/privacy/hmac']],
    ['detect', 'clew/privacy', ['runtime/privacy/detect']],
    ['maskKeys', 'clew/privacy', ['runtime/privacy/mask-keys']],
    ['sanitizeQueries', 'clew/privacy', ['runtime/privacy/queries', 'runtime/sql']],
    ['spanQuality', 'clew/testing', ['runtime/privacy/detect', 'runtime/testing/span-quality']],
    ['traceTree', 'clew/testing', ['runtime/testing/trace-tree']],
  ])('%s of %s', async (name, door, expected) => {
    expect(await carried(`import { ${name} } from '${door}'`, name)).toEqual(expected)
  })
})

test('a check for development is gone from a bundle for production', async () => {
  const imports = "import { spanQuality } from 'clew/testing'"
  const use = "process.env.NODE_ENV === 'development' ? { check: spanQuality() } : {}"
  const forMode = (mode: string) => carried(imports, use, { 'process.env.NODE_ENV': JSON.stringify(mode) })
  expect(await forMode('production')).toEqual([])
  expect(await forMode('development')).toContain('runtime/testing/span-quality')
})
