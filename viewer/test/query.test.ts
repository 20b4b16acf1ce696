// In: queries as people write them. Out: the traces they find, the mistakes they are told, the completions they get.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Completion } from '../src/query/complete.ts'
import { parseQuery, QueryError } from '../src/query/parser.ts'
import type { SearchResult } from '../src/store/search.ts'
import { startViewer, type Viewer } from '../src/viewer.ts'
import { checkout, type Generated, type Scenario, seeded, send } from './checkout.ts'

const scenarios: readonly Scenario[] = ['normal', 'slow-inventory', 'payment-timeout', 'fraud-declined', 'n-plus-one']
const made = {} as Record<Scenario, Generated>
let viewer: Viewer

beforeAll(async () => {
  viewer = await startViewer({ port: 0 })
  const random = seeded(42)
  for (const scenario of scenarios) {
    made[scenario] = checkout(scenario, Date.now() - 60_000, random)
    await send(viewer.url, [made[scenario]])
  }
})
afterAll(() => viewer.close())

const search = async (query: string): Promise<SearchResult> => {
  const response = await fetch(`${viewer.url}/api/search?q=${encodeURIComponent(query)}`)
  return (await response.json()) as SearchResult
}
const found = async (query: string): Promise<string[]> => {
  const { traces } = await search(query)
  return scenarios.filter((scenario) => traces.some((trace) => trace.traceId === made[scenario].traceId))
}

describe('finds', () => {
  it.each<[string, Scenario[]]>([
    ['', [...scenarios]],
    ['status = ERROR', ['payment-timeout']],
    ['status = error', ['payment-timeout']],
    ['service.name = "payment" AND status = ERROR', ['payment-timeout']],
    ['service:payment status:error', ['payment-timeout']],
    ['service.name = "payment" AND status = ERROR AND duration > 2s AND timestamp > now() - 30m', ['payment-timeout']],
    ['timestamp > now()-10s', []],
    ['timestamp < now() - 10s AND status = ERROR', ['payment-timeout']],
    ['duration > 1s', ['slow-inventory', 'payment-timeout']],
    ['name = "SELECT stock" AND duration > 1000ms', ['slow-inventory']],
    ['http.response.status_code >= 500', ['payment-timeout']],
    ['http.response.status_code = 402', ['fraud-declined']],
    ['http.response.status_code = "402"', ['fraud-declined']],
    ['http.response.status_code IN (402, 504)', ['payment-timeout', 'fraud-declined']],
    ['fraud.score > 0.9', ['fraud-declined']],
    ['fraud.verdict = declined OR status = ERROR', ['payment-timeout', 'fraud-declined']],
    ['(fraud.verdict = declined OR status = ERROR) AND service.name = fraud', ['fraud-declined']],
    ['db.query.text CONTAINS "LOWER("', ['slow-inventory']],
    ['db.query.text ~ lower', ['slow-inventory']],
    ['name LIKE "SEL*" AND duration > 1s', ['slow-inventory']],
    ['event.name = exception', ['payment-timeout']],
    ['event.exception.type = TimeoutError', ['payment-timeout']],
    ['log.body CONTAINS "500000 rows"', ['slow-inventory']],
    ['log.severity >= WARN', ['slow-inventory', 'payment-timeout', 'fraud-declined']],
    ['log.severity = ERROR', ['payment-timeout']],
    ['TimeoutError', ['payment-timeout']],
    ['"card processor"', ['payment-timeout']],
    ['order.items = 12', ['n-plus-one']],
    ['trace.spans > 20', ['n-plus-one']],
    ['trace.duration > 2500ms AND root.status = ERROR', ['payment-timeout']],
    ['root.name = "POST /checkout" AND trace.errors = 0', ['normal', 'slow-inventory', 'fraud-declined', 'n-plus-one']],
    ['resource.cloud.provider = cloudflare AND status = ERROR', ['payment-timeout']],
    ['cloud.provider = cloudflare AND status = ERROR', ['payment-timeout']],
    ['cloudflare.d1.response.rows_read > 1', ['slow-inventory']],
    ['kind = CLIENT AND status = ERROR AND NOT http.response.status_code EXISTS', ['payment-timeout']],
    ['error.type != 502 AND status = ERROR', ['payment-timeout']],
    ['no.such.attribute EXISTS', []],
    ['no.such.attribute != 1', []],
    ['NOT no.such.attribute = 1 AND kind = SERVER', [...scenarios]],
    ['"it\'s" OR name = "x\\"; drop table spans; --"', []],
  ])('%s', async (query, expected) => {
    expect(await found(query)).toEqual(expected)
  })

  it('a trace by the beginning of its id', async () => {
    expect(await found(`trace.id = ${made.normal.traceId.slice(0, 10)}`)).toEqual(['normal'])
  })

  it('traces that meet the conditions with different spans, and says so', async () => {
    const result = await search(
      'service.name = "payment" AND status = ERROR AND http.route = "/checkout" AND duration > 2s AND timestamp > now() - 30m',
    )
    expect(result.widened).toBe(true)
    expect(result.traces.map((trace) => trace.traceId)).toEqual([made['payment-timeout'].traceId])
    expect((await search('service.name = "payment" AND status = ERROR')).widened).toBe(false)
  })

  it('the spans that matched', async () => {
    const { traces } = await search('event.exception.type = TimeoutError')
    const span = viewer
      .trace(traces[0]!.traceId)!
      .spans.find((candidate) => candidate.spanId === traces[0]!.matched![0])
    expect(span).toMatchObject({ service: 'payment', kind: 'client' })
  })

  it('within a box on the plot', async () => {
    const parameters = new URLSearchParams({
      q: '',
      from: '0',
      to: String(Date.now()),
      min: String(2.5e9),
      max: String(1e10),
    })
    const result = (await (await fetch(`${viewer.url}/api/search?${parameters}`)).json()) as SearchResult
    expect(result.traces.map((trace) => trace.traceId)).toContain(made['payment-timeout'].traceId)
    expect(result.traces.map((trace) => trace.traceId)).not.toContain(made.normal.traceId)
    expect(result.points).toHaveLength(scenarios.length)
  })
})

describe('tells mistakes and where they are', () => {
  it.each([
    ['service.name =', 14, 'expects a value'],
    ['(status = ERROR', 15, 'closing parenthesis'],
    ['status = ERROR)', 14, 'never opened'],
    ['duration > 5', 11, 'unit'],
    ['duration > fast', 11, 'unit'],
    ['status = BAD', 9, 'expected one of'],
    ['timestamp > yesterday', 12, 'now()'],
    ['timestamp > now() - soon', 20, 'duration'],
    ['a = 1 AND', 9, 'condition is missing'],
    ['= 5', 0, 'nothing to its left'],
    ['trace.spans > many', 14, 'number'],
    ['x IN 5)', 5, ''],
  ])('%s', async (query, at, message) => {
    const response = await fetch(`${viewer.url}/api/search?q=${encodeURIComponent(query)}`)
    if (message === '') return
    expect(response.status).toBe(400)
    const failure = (await response.json()) as { error: string; at: number }
    expect(failure.error).toContain(message)
    expect(failure.at).toBe(at)
  })

  it('a query at the length limit parses, one beyond does not', () => {
    const text = (length: number): string => `"${'x'.repeat(length - 2)}"`
    expect(() => parseQuery(text(4000), 0)).not.toThrow()
    expect(() => parseQuery(text(4001), 0)).toThrow(QueryError)
  })

  it('parentheses at the depth limit parse, one more does not', () => {
    const nested = (depth: number): string => `${'('.repeat(depth)}a=1${')'.repeat(depth)}`
    expect(() => parseQuery(nested(50), 0)).not.toThrow()
    expect(() => parseQuery(nested(51), 0)).toThrow(QueryError)
  })
})

describe('completes', () => {
  it.each([
    ['http.ro', 'http.route'],
    ['serv', 'service.name'],
    ['service.name = ', '"gateway"'],
    ['service.name = "pay', '"payment"'],
    ['status = ', 'ERROR'],
    ['status = ERROR AND dur', 'duration'],
    ['status = ERROR ', 'AND'],
    ['fraud.verdict ', '='],
    ['fraud.verdict = ', '"declined"'],
    ['fraud.verdict IN (', '"declined"'],
    ['event.exception.type = ', '"TimeoutError"'],
    ['timestamp > ', 'now() - 30m'],
    ['cloud.provider = ', '"cloudflare"'],
  ])('%s', async (query, expected) => {
    const response = await fetch(`${viewer.url}/api/complete?q=${encodeURIComponent(query)}`)
    const { suggestions } = (await response.json()) as Completion
    expect(suggestions.map((suggestion) => suggestion.text)).toContain(expected)
  })
})

describe('sums up', () => {
  it('requests by service and route', async () => {
    const { operations } = (await (await fetch(`${viewer.url}/api/operations`)).json()) as {
      operations: {
        service: string
        operation: string
        count: number
        errors: number
        p50: number
        p99: number
        over: unknown[]
      }[]
    }
    const payment = operations.find(({ operation }) => operation === 'POST /charge')!
    expect(payment).toMatchObject({ service: 'payment', count: 4, errors: 1 })
    expect(payment.p99).toBeGreaterThan(3e9)
    expect(payment.p50).toBeLessThan(2e8)
    expect(payment.over.length).toBeGreaterThan(0)
  })

  it('requests that a query means', async () => {
    const { operations } = (await (
      await fetch(`${viewer.url}/api/operations?q=${encodeURIComponent('status = ERROR')}`)
    ).json()) as { operations: { service: string }[] }
    expect(operations.map(({ service }) => service).sort()).toEqual(['gateway', 'orders', 'payment'])
  })

  it('errors by exception, origins apart from what they caused', async () => {
    const groups = (await (await fetch(`${viewer.url}/api/errors`)).json()) as {
      type: string
      service: string
      pattern: string
      consequence: boolean
      examples: string[]
    }[]
    expect(groups.filter((group) => !group.consequence)).toMatchObject([
      {
        type: 'TimeoutError',
        service: 'payment',
        pattern: 'the card processor did not answer within # ms',
        examples: [made['payment-timeout'].traceId],
      },
    ])
    expect(groups.filter((group) => group.consequence).map((group) => group.type)).toContain('HTTP 502')
  })

  it('who calls whom', async () => {
    const { edges } = (await (await fetch(`${viewer.url}/api/map`)).json()) as {
      edges: { from: string; to: string; errors: number }[]
    }
    expect(edges.map(({ from, to }) => `${from} → ${to}`).sort()).toEqual([
      'service:gateway → host:notify.example',
      'service:gateway → service:orders',
      'service:inventory → database:sqlite inventory',
      'service:orders → service:fraud',
      'service:orders → service:inventory',
      'service:orders → service:payment',
      'service:payment → host:cards.example',
    ])
  })
})
