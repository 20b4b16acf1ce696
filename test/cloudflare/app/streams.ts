// In: requests, one path a kind of body. Out: that body. The app does not know whether it is traced.
// Must stay true: what a stream was told of its end can be asked for.
export interface Env {
  OTLP_URL: string
  UPSTREAM: string
  COUNT_BODIES?: boolean
}

/** What streams were told. */
const told: string[] = []
const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

const BODIES: Readonly<Record<string, (env: Env, url: URL) => Response | Promise<Response>>> = {
  text: () => new Response('hello'),
  bytes: () => new Response(new Uint8Array(1000)),
  empty: () => new Response(null),
  204: () => new Response(null, { status: 204 }),
  304: () => new Response(null, { status: 304, headers: { etag: '"x"' } }),
  upstream: async ({ UPSTREAM }, { search }) => fetch(UPSTREAM + search),
  'upstream-rewrapped': async ({ UPSTREAM }, { search }) => {
    const response = await fetch(UPSTREAM + search)
    return new Response(response.body, { headers: { 'x-own': '1' } })
  },
  gzip: async ({ UPSTREAM }) => fetch(`${UPSTREAM}?gzip`),
  fixed: () => {
    const { readable, writable } = new FixedLengthStream(5)
    const writer = writable.getWriter()
    writer.write(bytes('fixed')).then(() => writer.close())
    return new Response(readable)
  },
  events: () => {
    let n = 0
    return new Response(
      new ReadableStream({
        async pull(controller) {
          if (n > 0) await wait(20)
          controller.enqueue(bytes(`data: ${n}\n\n`))
          if (++n === 5) controller.close()
        },
      }),
      { headers: { 'content-type': 'text/event-stream' } },
    )
  },
  fails: () =>
    new Response(
      new ReadableStream({
        async pull(controller) {
          controller.enqueue(bytes('part'))
          await wait(20)
          controller.error(new Error('stream failed on purpose'))
        },
      }),
    ),
  strings: () =>
    new Response(
      new ReadableStream({
        pull(controller) {
          controller.enqueue('tèxt' as never)
          controller.close()
        },
      }),
    ),
  numbers: () =>
    new Response(
      new ReadableStream({
        pull(controller) {
          controller.enqueue(42 as never)
          controller.close()
        },
      }),
    ),
  endless: () =>
    new Response(
      new ReadableStream({
        async pull(controller) {
          controller.enqueue(bytes('more'))
          await wait(20)
        },
        cancel(reason) {
          told.push(`cancelled: ${reason}`)
        },
      }),
    ),
  told: () => Response.json(told.splice(0)),
}

export const streams = {
  fetch(request: Request, env: Env, ctx: ExecutionContext): Response | Promise<Response> {
    const url = new URL(request.url)
    // Without pending work the runtime drops the stream of a client that left, and tells it nothing.
    if (url.pathname === '/endless') ctx.waitUntil(wait(1000))
    return BODIES[url.pathname.slice(1)]!(env, url)
  },
}
