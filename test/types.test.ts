// In: what the design says must not compile. Out: proof that it does not, and that its right form does.
// The compiler is the test: `npm run types` fails where an expected error is missing. Nothing here runs.
import { createTracer, memoryExporter, type Span, type Traced, traced } from 'clew'
import { workers } from 'clew/workers'
import { expect, test } from 'vitest'

interface Env {
  readonly NAME: string
  readonly JOBS: { send(message: Traced<{ cart: string }>): Promise<void> }
}

declare const span: Span<Env>
declare const charge: (span: Span<Env>, cart: string, amount: number) => Promise<boolean>

const compiles = async (): Promise<void> => {
  const load = traced('load', (span: Span<Env>, id: string) => `${span.env.NAME} ${id}`)

  // A traced function takes its span first.
  load(span, '42') satisfies string
  // @ts-expect-error the span is missing
  load('42')
  // @ts-expect-error the id is missing
  load(span)
  // @ts-expect-error the id is no number
  load(span, 42)

  // enterSpan checks the arguments of what it calls, and keeps its type.
  ;(await span.enterSpan('charge', charge, 'cart', 12)) satisfies boolean
  ;(await span.enterSpan('charge', { kind: 2 }, charge, 'cart', 12)) satisfies boolean
  // @ts-expect-error an argument is missing
  span.enterSpan('charge', charge, 'cart')
  // @ts-expect-error an argument is wrong
  span.enterSpan('charge', charge, 'cart', '12')
  // @ts-expect-error one argument too many
  span.enterSpan('charge', charge, 'cart', 12, true)

  // The inner span shadows the outer one, so that it cannot be used by accident; a span of another env does not fit.
  span.enterSpan('outer', (span) => span.enterSpan('inner', (span) => span.env.NAME satisfies string))
  // @ts-expect-error a traced function wants the env it was written for
  traced('x', (span: Span<{ OTHER: number }>) => span.env.OTHER)(span)

  // A queue of traced payloads takes no bare one.
  await span.env.JOBS.send(span.carry({ cart: '42' }))
  // @ts-expect-error the context is missing
  await span.env.JOBS.send({ cart: '42' })
  // @ts-expect-error the payload is wrong
  await span.env.JOBS.send(span.carry({ cart: 42 }))

  // A span is a resource.
  using child = span.startSpan('child')
  child.setAttribute('a', [1, 'b', { c: new Uint8Array() }])
  // @ts-expect-error a function is no attribute
  child.setAttribute('a', () => {})
  // @ts-expect-error there is no such status
  child.setStatus({ code: 'failed' })

  // fetch fits wherever a fetch is wanted.
  span.fetch satisfies typeof globalThis.fetch
}

const tracer = createTracer((env: Env) => ({ service: env.NAME, exporter: memoryExporter() }))
// @ts-expect-error a tracer needs a name for its service
const nameless = (): unknown => createTracer({ exporter: memoryExporter() })
// @ts-expect-error limits are numbers with known names
const limits = (): unknown => createTracer({ service: 'a', exporter: memoryExporter(), limits: { spans: 1 } })

const worker = workers(tracer, {
  // The handler's env and its span's are the tracer's.
  fetch(_request, env, { span, waitUntil }) {
    waitUntil(Promise.resolve())
    // @ts-expect-error there is no such binding
    void env.MISSING
    return new Response(`${env.NAME satisfies string} ${span.env.NAME satisfies string}`)
  },
})

// @ts-expect-error a fetch handler answers with a Response
const wrong = (): unknown => workers(tracer, { fetch: () => 'text' })

test('what must not compile is checked by the compiler', () => {
  expect([compiles, nameless, limits, wrong, worker.fetch].map((each) => typeof each)).toEqual(
    Array(5).fill('function'),
  )
})
