// Pages functions, built by wrangler as Pages builds them: a middleware that is traced, and what comes after it.
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LINES, named, type Running, run, tree, worker } from './harness.ts'

const ROOT = new URL('../..', import.meta.url).pathname
const built = await mkdtemp(join(tmpdir(), 'clew-pages-'))
// wrangler wants a newer Node than the tests may run in; the package brings its own.
await promisify(execFile)(
  join(ROOT, 'node_modules/.bin/node'),
  [
    join(ROOT, 'node_modules/wrangler/bin/wrangler.js'),
    ...['pages', 'functions', 'build', join(ROOT, 'test/cloudflare/app/functions')],
    ...['--outdir', built, '--compatibility-date', '2026-07-28'],
  ],
  { cwd: built, env: { PATH: process.env['PATH'], HOME: built, CI: '1', WRANGLER_SEND_METRICS: 'false' } },
)
const script = await readFile(join(built, 'index.js'), 'utf8')
await rm(built, { recursive: true, force: true })

describe.each(LINES)('workerd %s', (line) => {
  let running: Running
  beforeAll(async () => {
    running = await run(line, ({ url }) => [
      {
        name: 'pages',
        modules: [{ type: 'ESModule', path: '/pages.mjs', contents: script }],
        modulesRoot: '/',
        compatibilityDate: '2026-07-28',
        bindings: { OTLP_URL: url },
        kvNamespaces: ['KV'],
        serviceBindings: { ASSETS: 'assets' },
      },
      worker('assets', { source: 'export default { fetch: () => new Response("an asset") }' }, {}),
    ])
  })
  afterAll(() => running?.close())

  it.each([
    [
      '/users/7',
      [200, '{"id":"7"}', 'passed'],
      'SERVER GET /users/:id {http.response.status_code=200 http.route="/users/:id"}\n  INTERNAL load\n    CLIENT put KV',
    ],
    ['/page', [200, 'an asset', 'passed'], 'SERVER GET {http.response.status_code=200}'],
  ])('makes one invocation of %s, whatever answers', async (path, answer, expected) => {
    const response = await running.miniflare.dispatchFetch(`http://pages${path}`)
    expect([response.status, await response.text(), response.headers.get('x-chain')]).toEqual(answer)
    const spans = await running.spans((all) => all.some(({ kind }) => kind === 2))
    expect(tree(spans, /route|status_code/)).toBe(expected)
  })

  it('records a function that fails, whose error is the runtime’s to answer', async () => {
    const response = await running.miniflare.dispatchFetch('http://pages/broken')
    expect(response.status).toBe(500)
    expect(await response.text()).toMatch(/page failed on purpose/)
    expect(tree(await running.spans(named('GET')), /error/)).toBe(
      'SERVER GET {error.type="TypeError"} !page failed on purpose',
    )
  })
})
