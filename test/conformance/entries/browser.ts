import { serviceWorker } from 'clew/browser'
import { dispatcher } from '../program.ts'

declare const self: {
  skipWaiting(): void
  readonly clients: { claim(): Promise<void> }
  addEventListener(type: string, listener: (event: FetchEvent) => void): void
}

interface FetchEvent {
  readonly request: Request
  respondWith(response: Promise<Response>): void
  waitUntil(promise: Promise<unknown>): void
}

const listen = dispatcher(
  (tracer, answer) => serviceWorker<FetchEvent>(tracer, answer),
  (event) => event.request.url,
)

self.addEventListener('install', () => self.skipWaiting())
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()))
self.addEventListener('fetch', (event) => {
  // The page's own conversation with the suite is not the program's business.
  if (!/^\/(page|driver|collector)/.test(new URL(event.request.url).pathname)) listen(event)
})
