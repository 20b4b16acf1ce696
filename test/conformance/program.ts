// In: requests of the suite. Out: what a user's program does with a span, one route a promise.
// Must stay true: one file for every runtime, with nothing but the web's own APIs; a host adapts `answer` for each tracer.
import { alwaysOff, createTracer, otlp, type Span, type Tracer } from 'clew'
import { outbound } from 'clew/propagate'
import { sleep } from './sleep.ts'

declare const COLLECTOR_URL: string
declare const UPSTREAM_URL: string
declare const DOWN_URL: string

const service = 'conformance'
const exporter = otlp({ url: COLLECTOR_URL })

/** How far the clock of `long` has been put forward. */
let aheadMs = 0

/** Chosen by the first segment of the path. */
export const tracers: Readonly<Record<string, Tracer>> = {
  plain: createTracer({ service, exporter }),
  none: createTracer({ service, exporter, sampler: alwaysOff() }),
  tail: createTracer({
    service,
    exporter,
    sampler: alwaysOff(),
    tailSampler: {
      description: 'errors',
      decide: ({ spans }) => ({ keep: spans.some(({ statusCode }) => statusCode === 2) }),
    },
  }),
  trusting: createTracer({ service, exporter, outbound: outbound({ baggage: ['127.0.0.1'] }) }),
  limited: createTracer({ service, exporter, limits: { spanCountLimit: 10 }, onDrop() {} }),
  down: createTracer({ service, exporter: otlp({ url: DOWN_URL, timeoutMs: 500 }), onDrop() {} }),
  late: createTracer({ service, exporter, onDrop() {} }),
  long: createTracer({ service, exporter, now: () => Date.now() + aheadMs }),
}

type Route = (span: Span, request: Request) => Response | Promise<Response>

const routes: Readonly<Record<string, Route>> = {
  async await(span) {
    await span.enterSpan('outer', async (span) => {
      await sleep(1)
      await span.enterSpan('inner', () => sleep(1))
    })
    await span.enterSpan('next', () => sleep(1))
    return new Response('ok')
  },

  async timer(span) {
    await new Promise<void>((resolve) => {
      setTimeout(() => span.enterSpan('timer', () => resolve()), 2)
    })
    await span.enterSpan(
      'outer',
      (span) =>
        new Promise<void>((resolve) => {
          queueMicrotask(() => span.enterSpan('microtask', () => setTimeout(resolve, 1)))
        }),
    )
    return new Response('ok')
  },

  stream(span) {
    let sent = 0
    return new Response(
      new ReadableStream({
        async pull(controller) {
          await sleep(5)
          span.enterSpan(`chunk ${++sent}`, () => controller.enqueue(new TextEncoder().encode(`${sent} `)))
          if (sent === 3) controller.close()
        },
      }),
      { headers: { 'content-type': 'text/event-stream' } },
    )
  },

  /** Never ends by itself. */
  endless() {
    return new Response(
      new ReadableStream({
        async pull(controller) {
          await sleep(5)
          controller.enqueue(new TextEncoder().encode('more '))
        },
      }),
    )
  },

  async thenable(span) {
    let asked = 0
    const query = {
      text: 'select 1',
      // biome-ignore lint/suspicious/noThenProperty: a query builder runs when it is awaited.
      then(resolve: (rows: number[]) => void) {
        asked++
        setTimeout(resolve, 1, [1])
      },
    }
    const pending = span.enterSpan('query', () => query) as unknown as typeof query
    const { text } = pending
    const before = asked
    const rows = (await pending) as unknown as number[]
    return Response.json({ text, before, asked, rows })
  },

  async generator(span) {
    const seen: string[] = []
    const words = span.enterSpan('generate', async function* (span) {
      yield 'one'
      await span.enterSpan('between', () => sleep(1))
      yield 'two'
    })
    for await (const word of words) seen.push(word)
    return new Response(seen.join(' '))
  },

  async concurrent(span, request) {
    const id = new URL(request.url).searchParams.get('id')
    await span.enterSpan(`first ${id}`, async (span) => {
      await sleep(Number(id) % 3)
      await span.enterSpan(`second ${id}`, () => sleep(3 - (Number(id) % 3)))
    })
    return new Response(id)
  },

  async error(span) {
    return await span.enterSpan('failing', async (): Promise<Response> => {
      await sleep(1)
      throw new TypeError('out of stock')
    })
  },

  async caught(span) {
    const thrown = new RangeError('too far')
    try {
      await span.enterSpan('failing', () => Promise.reject(thrown))
    } catch (error) {
      return new Response(error === thrown ? 'same' : 'other')
    }
    return new Response('lost')
  },

  async abort(span) {
    const controller = new AbortController()
    setTimeout(() => controller.abort(), 20)
    try {
      await span.fetch(`${UPSTREAM_URL}/hang`, { signal: controller.signal })
    } catch (error) {
      return new Response((error as Error).name)
    }
    return new Response('not aborted')
  },

  async out(span) {
    const response = await span.fetch(`${UPSTREAM_URL}/echo`, { headers: { 'x-own': '1' } })
    return new Response(await response.text())
  },

  async refused(span) {
    try {
      await span.fetch(DOWN_URL)
    } catch {
      return new Response('refused')
    }
    return new Response('answered')
  },

  late(span, request) {
    const afterMs = Number(new URL(request.url).searchParams.get('ms') ?? 20)
    span.waitUntil(sleep(afterMs).then(() => span.enterSpan('late', () => sleep(1))))
    return new Response('ok')
  },

  /** Answers at once, and goes on where nobody waits: what comes of it comes after the close. */
  straggler(span) {
    setTimeout(() => span.enterSpan('late', () => sleep(1)), 20)
    setTimeout(() => span.enterSpan('too late', () => {}), 150)
    return new Response('ok')
  },

  async long(span) {
    span.startSpan('early').end()
    aheadMs += 11_000
    span.startSpan('eleven seconds later').end()
    await sleep(300)
    return new Response('ok')
  },

  unfinished(span) {
    span.startSpan('forgotten')
    return new Response('ok')
  },

  many(span) {
    for (let i = 0; i < 30; i++) span.startSpan(`span ${i}`).end()
    span.startSpan('kept').setStatus({ code: 'error' }).end()
    return new Response('ok')
  },

  attributes(span) {
    const child = span.startSpan('wide')
    for (let i = 0; i < 200; i++) child.setAttribute(`key${i}`, i)
    for (let i = 0; i < 200; i++) child.addEvent(`event ${i}`)
    child.end()
    return new Response('ok')
  },

  hostile(span) {
    const child = span.startSpan('hostile')
    child.setAttribute('text', 'a\ud83d')
    child.setAttribute('list', [1, 'two', true, null])
    child.setAttribute('nothing', undefined)
    child.setAttributes({
      get secret(): string {
        throw new Error('no')
      },
    })
    child.recordException({
      get message() {
        throw new Error('no')
      },
    })
    child.end(new Date(0))
    child.end()
    return new Response('ok')
  },

  untouched() {
    const headers = new Headers({ 'content-type': 'text/plain; charset=utf-8', 'x-own': 'yes' })
    headers.append('set-cookie', 'a=1')
    headers.append('set-cookie', 'b=2')
    return new Response('four', { status: 201, headers })
  },
}

/** The user's function: the same in every runtime. */
export async function answer(request: Request, { span }: { readonly span: Span }): Promise<Response> {
  const route = routes[new URL(request.url).pathname.split('/')[2] ?? '']
  return route ? route(span, request) : new Response('no such route', { status: 404 })
}

/** The tracer's name in the path. */
export function tracerOf(url: string): string {
  return new URL(url).pathname.split('/')[1] ?? ''
}

/** A handler for every tracer, as `adapt` makes it, behind one that chooses. */
export function dispatcher<F extends (...args: never[]) => unknown>(
  adapt: (tracer: Tracer, handler: typeof answer) => F,
  urlOf: (...args: Parameters<F>) => string,
): (...args: Parameters<F>) => ReturnType<F> {
  const handlers = Object.fromEntries(Object.entries(tracers).map(([name, tracer]) => [name, adapt(tracer, answer)]))
  // Two parameters by name, because Deno counts them.
  const chosen = (first: never, second: never, ...rest: never[]): unknown => {
    const args = [first, second, ...rest] as unknown as Parameters<F>
    return (handlers[tracerOf(urlOf(...args))] ?? handlers['plain']!)(...args)
  }
  return chosen as unknown as (...args: Parameters<F>) => ReturnType<F>
}
