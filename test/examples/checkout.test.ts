import { spawn, spawnSync } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { scenarios } from '../../scripts/start/scenarios.ts'
import { complaints } from '../../scripts/start/verify.ts'
import type { SpanView, TraceView } from '../../viewer/src/model.ts'

const root = join(import.meta.dirname, '../..')
/** What npm scripts run on, whatever runs the tests. */
const node = join(root, 'node_modules/.bin/node')
const FREE_PORTS = ['--port', '0', '--otlp-port', '0', '--outside-port', '0']

interface Run {
  readonly code: number | null
  readonly output: string
}

/** Runs `npm start` with these arguments; `seen` gets the output so far and the means to signal. */
function start(args: string[], seen: (output: string, kill: (signal: NodeJS.Signals) => void) => void = () => {}) {
  return new Promise<Run>((resolve) => {
    const child = spawn(node, [join(root, 'scripts/start.ts'), ...args], { cwd: root })
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text
        seen(output, (signal) => child.kill(signal))
      })
    child.on('close', (code) => resolve({ code, output }))
  })
}

describe('the checkout example', () => {
  it('compiles with the types of Workers, and of nothing else', { timeout: 60_000 }, () => {
    const tsc = spawnSync(join(root, 'node_modules/.bin/tsc'), ['-p', join(root, 'examples')], { encoding: 'utf8' })
    expect(tsc.stdout).toBe('')
    expect(tsc.status).toBe(0)
  })

  it('plays every scenario under wrangler dev and finds every span under its parent', {
    timeout: 240_000,
  }, async () => {
    const { code, output } = await start(['--once', ...FREE_PORTS])
    expect(output).toMatch(/All 6 scenarios: every span arrived, under the right parent, in one trace a request\.\n$/)
    expect(code).toBe(0)
    for (const { name } of scenarios) expect(output).toContain(`── ${name}: `)
    expect(output).toMatch(/✓ one trace, 19 spans of 5 services, every one under the right parent/)
    expect(output).toMatch(/SELECT movements .*rows_read=1000000$/m)
    expect(output).toMatch(/✗ charge card .*TimeoutError/)
    expect(output).toMatch(/✗ POST .* 503 127\.0\.0\.1$/m)
    expect(output).toMatch(/✓ 200 whole traces/)
    for (const line of output.split('\n')) expect([...line].length, line).toBeLessThanOrEqual(100)
  })

  it('stays up, shows each trace as it comes, and ends on a signal', { timeout: 120_000 }, async () => {
    let step = 0
    const { code, output } = await start(FREE_PORTS, (said, kill) => {
      const url = /curl (http:\S+\/normal)/.exec(said)?.[1]
      if (step === 0 && url && said.includes('Ctrl-C')) {
        step = 1
        void fetch(url)
      }
      if (step === 1 && /notify customer/.test(said)) {
        step = 2
        kill('SIGINT')
      }
    })
    expect(output).toMatch(/^trace \w{32} {2}19 spans {2}5 services/m)
    expect(output).toMatch(/Stopping …\n$/)
    expect(code).toBe(0)
  })

  it.each(['port', 'otlp-port', 'outside-port'])('says which flag to use when --%s is taken', async (flag) => {
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const { port } = other.address() as AddressInfo
    const { code, output } = await start([...FREE_PORTS, `--${flag}`, `${port}`])
    other.close()
    expect(output.trim()).toBe(
      `Port ${port} on 127.0.0.1 is taken by another program: stop that, or choose another with \`npm start -- --${flag} N\` (0: any free one).`,
    )
    expect(code).toBe(1)
  })

  it.each([
    [['--port', 'x'], '--port x is not a port: 0 to 65535'],
    [['--otlp-port', '65536'], '--otlp-port 65536 is not a port: 0 to 65535'],
    [['--prot', '1'], '--otlp-port N'],
  ])('refuses %j with a sentence', async (args, sentence) => {
    const { code, output } = await start(args)
    expect(output).toContain(sentence)
    expect(code).toBe(1)
  })
})

describe('the check of a trace', () => {
  const tree = `
shop server GET /
  shop client POST → bank
    bank server POST /charges ✗`
  const view = (spans: Partial<SpanView>[]): TraceView =>
    ({ spans: spans.map((each) => ({ attributes: {}, parentSpanId: '', status: 'unset', ...each })) }) as never
  const gateway = { spanId: 'a', service: 'shop', kind: 'server', name: 'GET /' } as const
  const call = {
    spanId: 'b',
    service: 'shop',
    kind: 'client',
    name: 'POST',
    attributes: { 'server.address': 'bank' },
  } as const
  const bank = { spanId: 'c', service: 'bank', kind: 'server', name: 'POST /charges', status: 'error' } as const
  const called = { ...call, parentSpanId: 'a' }

  it('has no complaint when every span is in its place', () => {
    expect(complaints(tree, view([{ ...bank, parentSpanId: 'b' }, called, gateway]))).toEqual([])
  })

  it.each<[string, Partial<SpanView>[], string[]]>([
    [
      'a span that is missing',
      [gateway, called],
      ['missing: "bank server POST /charges ✗" under "shop client POST → bank"'],
    ],
    [
      'a span under the wrong parent',
      [gateway, called, { ...bank, parentSpanId: 'a' }],
      [
        'missing: "bank server POST /charges ✗" under "shop client POST → bank"',
        'not expected: "bank server POST /charges ✗" under "shop server GET /"',
      ],
    ],
    [
      'a span without its parent',
      [gateway, called, { ...bank, parentSpanId: 'x' }],
      [
        'missing: "bank server POST /charges ✗" under "shop client POST → bank"',
        'not expected: "bank server POST /charges ✗" under "span x, which never arrived"',
      ],
    ],
    [
      'a span twice',
      [gateway, called, { ...bank, parentSpanId: 'b' }, { ...bank, spanId: 'd', parentSpanId: 'b' }],
      ['not expected: "bank server POST /charges ✗" under "shop client POST → bank"'],
    ],
    [
      'an error that is not there',
      [gateway, called, { ...bank, status: 'ok', parentSpanId: 'b' }],
      [
        'missing: "bank server POST /charges ✗" under "shop client POST → bank"',
        'not expected: "bank server POST /charges" under "shop client POST → bank"',
      ],
    ],
    [
      'an unfinished span',
      [{ ...gateway, unfinished: true }, called, { ...bank, parentSpanId: 'b' }],
      ['unfinished: "shop server GET /"'],
    ],
  ])('tells of %s', (_, spans, expected) => {
    expect(complaints(tree, view(spans))).toEqual(expected)
  })

  it('tells of a trace of which nothing arrived', () => {
    expect(complaints(tree, undefined)).toEqual(['no span arrived'])
  })
})
