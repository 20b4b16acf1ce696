// Hono on Workers: the same spans under `workers()` and alone.
import { createTracer, memoryExporter } from 'clew'
import { type ClewVariables, clew } from 'clew/hono'
import { Hono } from 'hono'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LINES, type Running, run, tree, worker } from './harness.ts'

const CASES: readonly (readonly [path: string, answer: string, tree: string])[] = [
  ['/', '200 home', 'SERVER GET / {http.route="/"}'],
  [
    '/users/7',
    '200 {"id":"7"}',
    'SERVER GET /users/:id {http.route="/users/:id"}\n  CLIENT get KV\n  INTERNAL load user\n    CLIENT get KV',
  ],
  ['/any/thing', '200 any', 'SERVER GET /any/* {http.route="/any/*"}'],
  ['/own', '200 own', 'SERVER mine {http.route="/mine"}'],
  ['/refused', '403 no', 'SERVER GET /refused {http.route="/refused"}'],
  ['/broken', '500 sorry', 'SERVER GET /broken {error.type="TypeError" http.route="/broken"} !broken on purpose'],
  [
    '/guarded/a',
    '200 room a=1, b=2 1',
    'SERVER GET /guarded/:room {http.route="/guarded/:room"}\n  INTERNAL auth\n    INTERNAL inside',
  ],
  ['/api/v1/books/9', '200 9', 'SERVER GET /api/v1/books/:isbn {http.route="/api/v1/books/:isbn"}'],
  ['/api/v1/fails', '418 sub-app on purpose', 'SERVER GET /api/v1/fails {http.route="/api/v1/fails"}'],
  ['/nowhere', '404 nothing here', 'SERVER GET'],
]

describe.each(LINES)('workerd %s', (line) => {
  let running: Running
  beforeAll(async () => {
    running = await run(line, ({ url }) => [
      worker('hono', 'hono', { bindings: { OTLP_URL: url }, kvNamespaces: ['KV'] }),
    ])
  })
  afterAll(() => running?.close())

  describe.each([
    ['under workers()', {}],
    ['alone', { 'x-alone': '1' }],
  ])('%s', (_, headers) => {
    it.each(CASES)('names %s by its route', async (path, answer, expected) => {
      const response = await running.miniflare.dispatchFetch(`http://hono${path}`, { headers })
      const seen = [
        response.status,
        await response.text(),
        response.headers.get('set-cookie'),
        response.headers.get('x-auth'),
      ]
      expect(seen.filter((each) => each !== null).join(' ')).toBe(answer)
      const spans = await running.spans((all) => all.length > 0)
      expect(tree(spans, /http\.route|error\.type/)).toBe(expected)
      expect(spans.filter(({ kind }) => kind === 2)).toHaveLength(1)
    })
  })
})

it('traces an app in Node, where there is no execution context', async () => {
  const exporter = memoryExporter()
  const app = new Hono<{ Variables: ClewVariables }>()
  app.use(clew(createTracer({ service: 'node', exporter })))
  app.get('/users/:id', (c) => c.var.span.enterSpan('load', () => c.text(c.req.param('id'))))
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  const response = await app.request('/users/7', { headers: { traceparent } })
  expect(await response.text()).toBe('7')
  await expect.poll(() => exporter.spans.length).toBe(2)
  const [root, child] = exporter.spans
  expect([root!.name, root!.parentSpanId, child!.name]).toEqual(['GET /users/:id', 'b7ad6b7169203331', 'load'])
})
