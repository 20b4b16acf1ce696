// In: README.md and docs/. Out: whether their code compiles, their links lead somewhere, and the README's Worker does in
// workerd what the README says.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { SpanRecord } from '../src/flush/model.ts'
import { waterfall } from '../src/flush/waterfall.ts'
import { Collector, plain } from './collector.ts'
import type { DecodedSpan } from './otlp-decode.ts'
import { bundle, start } from './workerd/workerd.ts'

const root = join(import.meta.dirname, '..')
const folder = join(root, 'node_modules/.cache/clew-docs')
const pages = [
  ...['README.md', 'CONTRIBUTING.md', 'RATIONALE.md', 'CHANGELOG.md'],
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.md'))
    .map((path) => join('docs', path)),
].filter((path) => existsSync(join(root, path)))
const textOf = (page: string): string => readFileSync(join(root, page), 'utf8')
const snippetsOf = (page: string): string[] =>
  [...textOf(page).matchAll(/^```ts\n(.*?)^```/gms)].map(([, code]) => code!)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Snippets of these pages see Cloudflare's globals; the others those of every runtime. */
const isForWorkers = (page: string): boolean => page.startsWith('docs/cloudflare')

test.each([
  ['of every runtime', (page: string) => !isForWorkers(page), ['node']],
  ['of Workers', isForWorkers, ['@cloudflare/workers-types']],
])('every snippet compiles: those %s', (name, belongs, types) => {
  const here = join(folder, name.replaceAll(' ', '-'))
  mkdirSync(here, { recursive: true })
  for (const page of pages.filter(belongs))
    for (const [index, code] of snippetsOf(page).entries())
      writeFileSync(join(here, `${page.replaceAll('/', '.')}.${index}.ts`), `${code}\nexport {}\n`)
  const lib = ['es2024', 'esnext.disposable', ...(types[0] === 'node' ? ['dom', 'dom.iterable'] : [])]
  const compilerOptions = {
    types,
    lib,
    noUnusedLocals: false,
    noUnusedParameters: false,
    exactOptionalPropertyTypes: false,
  }
  writeFileSync(
    join(here, 'tsconfig.json'),
    JSON.stringify({ extends: join(root, 'tsconfig.json'), compilerOptions, include: ['*.ts'], exclude: [] }),
  )
  let output = ''
  try {
    execFileSync(join(root, 'node_modules/.bin/tsc'), ['-p', here], { cwd: root })
  } catch (error) {
    output = String((error as { stdout: Buffer }).stdout)
  }
  expect(output.split('\n').filter((line) => line.includes('.md.'))).toEqual([])
})

describe.each(pages)('%s', (page) => {
  test('links to what is there', () => {
    const broken = [...textOf(page).matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)]
      .map(([, target]) => target!)
      .filter((target) => !existsSync(join(root, dirname(page), target)))
    expect(broken).toEqual([])
  })
})

test('the figures of the README are those of the last benchmark', () => {
  const rows = /<!-- bench:begin -->\n(.*?)<!-- bench:end -->/s.exec(textOf('README.md'))![1]!.split('\n').slice(2, -1)
  expect(rows.length).toBeGreaterThan(4)
  const measured = textOf('docs/benchmarks.md')
  for (const row of rows) expect(measured).toContain(row)
})

test('the Worker of the README makes the trace of the README', async () => {
  const rates = createServer((request, response) => {
    setTimeout(() => response.end(request.method === 'GET' ? '1.08' : ''), request.method === 'GET' ? 25 : 15)
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => rates.on('listening', resolve))
  const collector = await Collector.start()
  const worker = await start('2026-11', bundle({ source: snippetsOf('README.md')[0]! }), {
    OTLP_URL: collector.url,
    RATES_URL: `http://127.0.0.1:${(rates.address() as AddressInfo).port}`,
  })
  try {
    const response = await worker.dispatchFetch('https://shop.example/')
    expect(await response.json()).toEqual({ rate: '1.08' })
    await collector.until(() => collector.requests.length > 0)
    const drawn = waterfall(collector.spans().map(recordOf), { service: 'checkout' })
    // UPDATE=1 npx vitest run test/docs.test.ts draws it anew.
    if (process.env['UPDATE'])
      writeFileSync(
        join(root, 'README.md'),
        textOf('README.md').replace(/^```text\n.*?\n```/ms, () => `\`\`\`text\n${drawn}\n\`\`\``),
      )
    const shown = /^```text\n(.*?)\n```/ms.exec(textOf('README.md'))?.[1] ?? ''
    expect(withoutFigures(shown)).toEqual(withoutFigures(drawn))
    expect(Math.max(...shown.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100)
  } finally {
    await worker.dispose()
    await collector.close()
    rates.close()
  }
})

function recordOf(span: DecodedSpan): SpanRecord {
  const milliseconds = (nano: string): number => Number(BigInt(nano) / 1000n) / 1000
  return {
    ...span,
    parentSpanId: span.parentSpanId ?? '',
    parentIsRemote: false,
    traceFlags: 1,
    traceState: '',
    kind: (span.kind - 1) as SpanRecord['kind'],
    startMs: milliseconds(span.startTimeUnixNano),
    endMs: milliseconds(span.endTimeUnixNano),
    attributes: plain(span.attributes) as SpanRecord['attributes'],
    droppedAttributes: 0,
    events: [],
    droppedEvents: 0,
    links: [],
    droppedLinks: 0,
    statusCode: 0,
    statusMessage: '',
  }
}

/** What differs from run to run: figures, ids and the lengths of bars. */
function withoutFigures(text: string): string[] {
  return text.split('\n').map((line) =>
    line
      .replace(/[0-9a-f]{16,}|[\d.]+(?: ?(?:ms|s|µs)\b)?/g, '#')
      .replace(/[^\w:/=.#-]+/g, ' ')
      .trim(),
  )
}
