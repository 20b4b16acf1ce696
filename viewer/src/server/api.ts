// In: GET requests of the page, of `clew-viewer query` and of anybody's scripts. Out: JSON, text, files, event streams.
// Must stay true: reads only, except DELETE /api/traces; a wrong query answers 400 with the place of the mistake.
import { Hono } from 'hono'
import { streamSSE } from 'hono/streaming'
import { findingsOf } from '../analysis/findings.ts'
import { complete } from '../query/complete.ts'
import { QueryError } from '../query/parser.ts'
import { type Box, type Order, searcher } from '../store/search.ts'
import { serviceMapper } from '../store/service-map.ts'
import { statistician } from '../store/statistics.ts'
import { textWaterfall } from '../terminal.ts'
import type { AppOptions } from './app.ts'
import { otlpTrace } from './export.ts'
import { htmlOf } from './html-export.ts'

const ORDERS: readonly Order[] = ['newest', 'slowest', 'errors']
/** Traces in one answer; a page that wants more narrows its query. */
const MAX_LIMIT = 5000
/** Milliseconds between two ticks of the live stream: more often is no longer read. */
const TICK_MS = 500
/** Keeps proxies and the browser from giving up on a quiet stream. */
const HEARTBEAT_MS = 15_000

const numberOf = (text: string | undefined): number | undefined => {
  const number = Number(text)
  return text === undefined || text === '' || !Number.isFinite(number) ? undefined : number
}

export const api = ({ store, settled, counts, forwarder, ui }: AppOptions): Hono => {
  const routes = new Hono()
  const vocabulary = { hasResource: (key: string) => store.seen.has('resource', key) }
  const search = searcher(store.db, vocabulary)
  const statistics = statistician(store.db, vocabulary)
  const map = serviceMapper(store.db)

  routes.onError((error, c) => {
    if (error instanceof QueryError) return c.json({ error: error.message, at: error.at, end: error.end }, 400)
    if (error.name === 'AbortError') return c.json({ error: 'the caller went away' }, 400)
    return c.json({ error: error.message }, 500)
  })

  routes.get('/status', (c) =>
    c.json({
      services: store.services(),
      kept: store.counts(),
      received: counts,
      forwarded: forwarder?.counts() ?? null,
    }),
  )

  routes.get('/search', async (c) => {
    const { q = '', order, limit, from, to, min, max } = c.req.query()
    const bounds = [from, to, min, max].map(numberOf)
    const box: Box | undefined = bounds.every((bound) => bound === undefined)
      ? undefined
      : {
          fromMs: bounds[0] ?? Number.NEGATIVE_INFINITY,
          toMs: bounds[1] ?? Number.POSITIVE_INFINITY,
          minNanos: bounds[2] ?? 0,
          maxNanos: bounds[3] ?? Number.POSITIVE_INFINITY,
        }
    return c.json(
      await search.find({
        query: q,
        order: ORDERS.find((known) => known === order) ?? 'newest',
        limit: Math.min(MAX_LIMIT, Math.max(0, numberOf(limit) ?? 500)),
        box,
        signal: c.req.raw.signal,
      }),
    )
  })

  routes.get('/complete', (c) => {
    const { q = '', at } = c.req.query()
    return c.json(complete(q, numberOf(at) ?? q.length, store.seen))
  })

  routes.get('/operations', async (c) => {
    const { q, from, to } = c.req.query()
    return c.json(await statistics.operations({ query: q ?? '', fromMs: numberOf(from), toMs: numberOf(to) }))
  })
  routes.get('/errors', (c) =>
    c.json(statistics.errors({ fromMs: numberOf(c.req.query('from')), toMs: numberOf(c.req.query('to')) })),
  )
  routes.get('/map', (c) => c.json(map(numberOf(c.req.query('from')))))

  routes.get('/traces/:id', (c) => {
    const trace = store.trace(c.req.param('id').toLowerCase())
    return trace === undefined ? c.json({ error: 'no such trace' }, 404) : c.json(trace)
  })
  routes.get('/traces/:id/:form', async (c) => {
    const trace = store.trace(c.req.param('id').toLowerCase())
    if (trace === undefined) return c.json({ error: 'no such trace' }, 404)
    const attachment = (name: string): Record<string, string> => ({
      'content-disposition': `attachment; filename="${name}"`,
    })
    switch (c.req.param('form')) {
      case 'otlp':
        return c.json(otlpTrace(trace), 200, attachment(`trace-${trace.traceId}.json`))
      case 'findings':
        return c.json(findingsOf(trace))
      case 'matches':
        return c.json(search.matching(trace.traceId, c.req.query('q') ?? ''))
      case 'text':
        return c.text(`${textWaterfall(trace, numberOf(c.req.query('columns')))}\n`)
      case 'html':
        return c.html(htmlOf(await ui.index(), trace), 200, attachment(`trace-${trace.traceId}.html`))
      default:
        return c.json({ error: 'a trace comes as otlp, findings, matches, text or html' }, 404)
    }
  })

  routes.delete('/traces', (c) => {
    store.clear()
    return c.body(null, 204)
  })

  /** Ticks while traces change: the page asks again for what it shows. */
  routes.get('/live', (c) =>
    streamSSE(c, async (stream) => {
      let changed = 0
      let wake = (): void => {}
      const stop = store.onChange((traceIds) => {
        changed += traceIds.size
        wake()
      })
      stream.onAbort(() => {
        stop()
        wake()
      })
      await stream.writeSSE({ event: 'hello', data: '' })
      while (!stream.aborted) {
        if (changed === 0) {
          const beat = setTimeout(() => wake(), HEARTBEAT_MS).unref()
          await new Promise<void>((resolve) => (wake = resolve))
          clearTimeout(beat)
        }
        if (stream.aborted) break
        await stream.writeSSE({ event: changed > 0 ? 'change' : 'beat', data: String(changed) })
        changed = 0
        await stream.sleep(TICK_MS)
      }
    }),
  )

  /** Whole traces that meet a query, each once it has come to rest. */
  routes.get('/follow', (c) => {
    const query = c.req.query('q') ?? ''
    search.meets('', query)
    return streamSSE(c, async (stream) => {
      const stop = settled.onTrace((trace) => {
        if (search.meets(trace.traceId, query)) void stream.writeSSE({ event: 'trace', data: JSON.stringify(trace) })
      })
      stream.onAbort(stop)
      await stream.writeSSE({ event: 'hello', data: '' })
      while (!stream.aborted) {
        await stream.sleep(HEARTBEAT_MS)
        await stream.writeSSE({ event: 'beat', data: '' })
      }
    })
  })

  routes.all('*', (c) => c.json({ error: 'no such endpoint' }, 404))
  return routes
}
