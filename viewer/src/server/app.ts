// In: requests. Out: the receiver at /v1, the JSON API at /api, the page everywhere else.
// Must stay true: every request passes the guard before anything reads it.
import { Hono } from 'hono'
import type { Codec } from '../receive/decode.ts'
import type { Store } from '../store/store.ts'
import type { Forwarder } from './forward.ts'
import { refusalOf, type Trust } from './guard.ts'
import { type IngestCounts, ingest } from './ingest.ts'
import type { Settled } from './settled.ts'

export interface AppOptions {
  readonly store: Store
  readonly codec: Codec
  readonly trust: Trust
  readonly forwarder: Forwarder | undefined
  readonly counts: IngestCounts
  readonly settled: Settled
}

export const app = (options: AppOptions): Hono => {
  const routes = new Hono()
  routes.route('/v1', ingest(options))
  routes.use('*', async (c, next) => {
    const why = refusalOf(c.req.raw.headers, 'own', options.trust)
    return why === undefined ? next() : c.json({ error: why }, 403)
  })
  routes.get('/api/traces/:id', (c) => {
    const trace = options.store.trace(c.req.param('id'))
    return trace === undefined ? c.json({ error: 'no such trace' }, 404) : c.json(trace)
  })
  return routes
}
