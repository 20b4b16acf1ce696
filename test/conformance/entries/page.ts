import { createTracer, otlp } from 'clew'
import { action, keepaliveFetch } from 'clew/browser'

declare const COLLECTOR_URL: string

const tracer = createTracer({ service: 'page', exporter: otlp({ url: COLLECTOR_URL }), fetch: keepaliveFetch })

/** What the page does when it is asked to. */
async function act(traceparent: string, isLeft: boolean): Promise<string> {
  const meta = document.createElement('meta')
  meta.name = 'traceparent'
  meta.content = traceparent
  document.head.replaceChildren(meta)
  const done = action(
    tracer,
    'click',
    async (span) => {
      const response = await span.fetch('/plain/await')
      if (isLeft) await new Promise(() => {})
      return response.text()
    },
    { continuesPage: true },
  )
  if (!isLeft) return done
  // As far as the page can tell it is hidden, while its action has not come to an end.
  await new Promise((resolve) => setTimeout(resolve, 200))
  Object.defineProperty(document, 'visibilityState', { value: 'hidden', configurable: true })
  document.dispatchEvent(new Event('visibilitychange'))
  Reflect.deleteProperty(document, 'visibilityState')
  return 'left'
}

Object.assign(globalThis, { act })
