// In: requests. Out: the receiver at /v1, the JSON API at /api, the page everywhere else.
// Must stay true: every request passes the guard before anything reads it; the page may load nothing from elsewhere.
import { createHash } from 'node:crypto'
import { Hono } from 'hono'
import type { Codec } from '../receive/decode.ts'
import type { Store } from '../store/store.ts'
import { api } from './api.ts'
import type { Forwarder } from './forward.ts'
import { refusalOf, type Trust } from './guard.ts'
import { type IngestCounts, ingest } from './ingest.ts'
import type { Page } from './page.ts'
import type { Settled } from './settled.ts'

export interface AppOptions {
  readonly store: Store
  readonly codec: Codec
  readonly trust: Trust
  readonly forwarder: Forwarder | undefined
  readonly counts: IngestCounts
  readonly settled: Settled
  readonly ui: Page
}

/** The page is one file: this one script, inline styles, and requests to where it came from. */
const policyFor = (html: string): string => {
  const script = /<script type="module">([\s\S]*)<\/script>/.exec(html)?.[1] ?? ''
  const hash = createHash('sha256').update(script).digest('base64')
  return (
    `default-src 'none'; script-src 'sha256-${hash}'; style-src 'unsafe-inline'; img-src data:; connect-src 'self'; ` +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
  )
}

export const app = (options: AppOptions): Hono => {
  const routes = new Hono()
  routes.route('/v1', ingest(options))
  routes.use('*', async (c, next) => {
    const why = refusalOf(c.req.raw.headers, 'own', options.trust)
    if (why !== undefined) return c.json({ error: why }, 403)
    await next()
    c.header('x-content-type-options', 'nosniff')
    c.header('referrer-policy', 'no-referrer')
    c.header('cross-origin-resource-policy', 'same-origin')
    c.header('cache-control', 'no-store')
  })
  routes.route('/api', api(options))
  routes.get('*', async (c) => {
    const html = await options.ui.index()
    c.header('content-security-policy', policyFor(html))
    return c.html(html)
  })
  return routes
}
