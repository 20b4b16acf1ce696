// Server-sent events over minutes, on a clock that runs a thousand times as fast.
import { createTracer, otlp } from 'clew'
import { workers } from 'clew/workers'

const startedMs = 1_700_000_000_000

const tracer = createTracer((env: { OTLP_URL: string }) => {
  const zero = Date.now()
  return {
    service: 'events',
    exporter: otlp({ url: env.OTLP_URL }),
    now: () => startedMs + (Date.now() - zero) * 1000,
  }
})

export default workers(tracer, {
  fetch(_request: Request, _env, { span }) {
    let n = 0
    const body = new ReadableStream({
      async pull(controller) {
        await span.enterSpan(`event ${n}`, () => new Promise((resolve) => setTimeout(resolve, 25)))
        controller.enqueue(new TextEncoder().encode(`data: ${n}\n\n`))
        if (++n === 6) controller.close()
      },
    })
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
  },
})
