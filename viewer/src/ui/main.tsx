// In: the document. Out: the running page.
import { render } from 'preact'
import { request, startLive } from './api.ts'
import { App } from './app.tsx'
import { learnServices } from './colour.ts'
import { embeddedTrace } from './embedded.ts'
import { startRouter } from './router.ts'
import './style.css'

const servicesKnown = async (): Promise<readonly string[]> => {
  const trace = embeddedTrace()
  if (trace !== undefined) return trace.spans.map((span) => span.service)
  return (await request<{ services: readonly string[] }>('/api/status')).services
}

// The first picture already has its colours.
learnServices(await servicesKnown().catch(() => []))
startRouter()
startLive()
render(<App />, document.getElementById('app')!)
