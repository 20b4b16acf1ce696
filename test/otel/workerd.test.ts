// In: a Worker with `nodejs_compat` in real workerd. Out: a library that knows only the ambient API joins its invocation;
// log lines and masked values as anywhere.
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Collector } from '../collector.ts'
import { bundle } from '../workerd/workerd.ts'

const source = `
  import { context, trace } from '@opentelemetry/api'
  import { createTracer, otlp } from 'clew'
  import { logs } from 'clew/logs'
  import { openTelemetry } from 'clew/otel'
  import { workers } from 'clew/workers'

  // As libraries do: before anything is registered.
  const library = trace.getTracer('some-library')

  const tracer = createTracer((env) => ({
    service: 'worker',
    exporter: otlp({ url: env.OTLP_URL }),
    ambient: openTelemetry({ context, trace }),
    logs: logs({ console: 'none', otlp: true }),
  }))

  export default workers(tracer, {
    async fetch(request, env, { span }) {
      const name = new URL(request.url).searchParams.get('name')
      await span.enterSpan('work ' + name, async () => {
        await scheduler.wait(5)
        await library.startActiveSpan('library ' + name, async (inner) => {
          await scheduler.wait(5)
          library.startSpan('inner ' + name).end()
          inner.end()
        })
      })
      span.log.info('done', { token: 'secret-token', name })
      return new Response(typeof process)
    },
  })
`

let collector: Collector
let worker: Miniflare

beforeAll(async () => {
  collector = await Collector.start()
  worker = new Miniflare(
    convertV4MiniflareOptions({
      workers: [
        {
          name: 'main',
          modulesRoot: '/',
          modules: [{ type: 'ESModule', path: '/main.mjs', contents: bundle({ source }) }],
          compatibilityDate: '2026-07-28',
          compatibilityFlags: ['nodejs_compat'],
          bindings: { OTLP_URL: collector.url },
        },
      ],
      cf: false,
    }),
  )
})
afterAll(async () => {
  await worker.dispose()
  await collector.close()
})

test('concurrent requests: each library span is in its own trace, at its own depth', async () => {
  const names = ['a', 'b', 'c']
  await Promise.all(names.map(async (name) => (await worker.dispatchFetch(`http://app.example/?name=${name}`)).text()))
  await collector.until(() => collector.spans().length >= 12 && collector.logs().length >= 3)
  const spans = collector.spans()
  const parentOf = (name: string): string | undefined => {
    const { traceId, parentSpanId } = spans.find((span) => span.name === name)!
    return spans.find((span) => span.spanId === parentSpanId && span.traceId === traceId)?.name
  }
  for (const name of names) {
    expect(parentOf(`inner ${name}`)).toBe(`library ${name}`)
    expect(parentOf(`library ${name}`)).toBe(`work ${name}`)
    expect(parentOf(`work ${name}`)).toBe('GET')
  }
  expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(3)
  expect(JSON.stringify(collector.logs())).not.toContain('secret-token')
})
