// In: a scenario of the checkout example, a start and a source of randomness. Out: the OTLP requests that its services
// would send, one a service, and where the culprit is.
// Must stay true: the same seed gives the same traces; the shapes are those of the example, so that tests which need no
// Worker see what the example sends.

export type Scenario = 'normal' | 'slow-inventory' | 'payment-timeout' | 'fraud-declined' | 'n-plus-one' | 'skewed'

export const SCENARIOS: readonly Scenario[] = [
  'normal',
  'slow-inventory',
  'payment-timeout',
  'fraud-declined',
  'n-plus-one',
  'skewed',
]

/** mulberry32: small, seeded, good enough for latencies. */
export const seeded = (seed: number): (() => number) => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

type Plain = string | number | boolean

interface Draft {
  traceId: string
  spanId: string
  parentSpanId: string
  name: string
  kind: number
  startTimeUnixNano: string
  endTimeUnixNano: string
  attributes: { key: string; value: object }[]
  events: object[]
  links: object[]
  status: { code?: number; message?: string }
  flags: number
}

const anyValue = (value: Plain): object =>
  typeof value === 'string'
    ? { stringValue: value }
    : typeof value === 'boolean'
      ? { boolValue: value }
      : Number.isInteger(value)
        ? { intValue: String(value) }
        : { doubleValue: value }

const keyValues = (map: Readonly<Record<string, Plain>>): { key: string; value: object }[] =>
  Object.entries(map).map(([key, value]) => ({ key, value: anyValue(value) }))

const SERVER = 2
const CLIENT = 3

export interface Generated {
  readonly traceId: string
  /** Bodies of POST /v1/traces, one a service. */
  readonly traces: readonly object[]
  /** Bodies of POST /v1/logs. */
  readonly logs: readonly object[]
  readonly spans: number
}

/** A scope's worth of spans as they are being told. Times are milliseconds since `startMs`. */
const story = (startMs: number, random: () => number) => {
  const digits = (count: number): string =>
    Array.from({ length: count }, () => Math.floor(random() * 16).toString(16))
      .join('')
      .replace(/^0/, '1')
  const traceId = digits(32)
  const services = new Map<string, Draft[]>()
  const logs: object[] = []
  let spans = 0
  const nano = (ms: number): string => String(BigInt(Math.round((startMs + ms) * 1000)) * 1000n)

  const span = (
    service: string,
    parent: string,
    kind: number,
    name: string,
    from: number,
    to: number,
    attributes: Readonly<Record<string, Plain>> = {},
    failure?: { type: string; message: string; exception?: boolean },
  ): Draft => {
    const draft: Draft = {
      ...{
        traceId,
        spanId: digits(16),
        parentSpanId: parent,
        name,
        kind,
        flags: kind === SERVER && parent !== '' ? 0x301 : 0x101,
      },
      ...{ startTimeUnixNano: nano(from), endTimeUnixNano: nano(to) },
      attributes: keyValues(failure ? { ...attributes, 'error.type': failure.type } : attributes),
      events: failure?.exception
        ? [
            {
              timeUnixNano: nano(to),
              name: 'exception',
              attributes: keyValues({
                'exception.type': failure.type,
                'exception.message': failure.message,
                'exception.stacktrace': `${failure.type}: ${failure.message}\n    at charge (payment/src/index.ts:41:13)\n    at fetch (payment/src/index.ts:18:20)`,
              }),
            },
          ]
        : [],
      links: [],
      status: failure ? { code: 2, message: failure.exception ? failure.message : '' } : {},
    }
    services.set(service, [...(services.get(service) ?? []), draft])
    spans++
    return draft
  }

  const log = (
    service: string,
    at: number,
    spanId: string,
    severity: string,
    body: string,
    attributes: Readonly<Record<string, Plain>> = {},
  ): void => {
    logs.push({
      resourceLogs: [
        {
          resource: { attributes: keyValues({ 'service.name': service }) },
          scopeLogs: [
            {
              scope: { name: 'clew' },
              logRecords: [
                {
                  ...{ timeUnixNano: nano(at), traceId, spanId, severityText: severity, body: anyValue(body) },
                  severityNumber: { DEBUG: 5, INFO: 9, WARN: 13, ERROR: 17 }[severity] ?? 9,
                  attributes: keyValues(attributes),
                },
              ],
            },
          ],
        },
      ],
    })
  }

  const bodies = (): object[] =>
    [...services].map(([service, drafts]) => ({
      resourceSpans: [
        {
          resource: {
            attributes: keyValues({
              'service.name': service,
              'service.version': '1.4.2',
              'cloud.provider': 'cloudflare',
              'cloud.platform': 'cloudflare.workers',
              'telemetry.sdk.name': 'clew',
              'telemetry.sdk.language': 'webjs',
            }),
          },
          scopeSpans: [{ scope: { name: 'clew', version: '0.1.0' }, spans: drafts }],
        },
      ],
    }))

  return { traceId, span, log, bodies, logs, count: () => spans }
}

const http = (method: string, route: string, status: number): Record<string, Plain> => ({
  'http.request.method': method,
  'http.route': route,
  'url.path': route,
  'url.scheme': 'https',
  'http.response.status_code': status,
})

const outgoing = (method: string, host: string, path: string, status?: number): Record<string, Plain> => ({
  'http.request.method': method,
  'server.address': host,
  'server.port': 443,
  'url.full': `https://${host}${path}`,
  ...(status === undefined ? {} : { 'http.response.status_code': status }),
})

/** One request to POST /checkout. */
export const checkout = (scenario: Scenario, startMs: number, random: () => number): Generated => {
  const about = (ms: number): number => ms * (0.75 + random() * 0.6)
  const { traceId, span, log, bodies, logs, count } = story(startMs, random)
  const failing = scenario === 'payment-timeout'
  const declined = scenario === 'fraud-declined'
  const skew = scenario === 'skewed' ? -35 : 0
  const sku = ['sku-thread', 'sku-bull', 'sku-sail'][Math.floor(random() * 3)]!

  // Durations first, since parents enclose their children.
  const queries = scenario === 'n-plus-one' ? 12 : 1
  const query = scenario === 'slow-inventory' ? about(1800) : about(4)
  const stock = queries * (query + 0.6) + about(3)
  const fraud = about(22)
  const card = failing ? 3000 : about(95)
  const charge = card + about(5)
  let at = 0
  const gatewayStart = (at += 0)
  const ordersCall = (at += about(1.5))
  const ordersStart = (at += about(1))
  const stockCall = (at += about(2))
  const stockStart = (at += about(0.8))
  const stockEnd = stockStart + stock
  const stockCallEnd = stockEnd + about(0.8)
  const fraudCall = stockCallEnd + about(0.3)
  const fraudStart = fraudCall + about(0.8)
  const fraudEnd = fraudStart + fraud
  const fraudCallEnd = fraudEnd + about(0.8)
  const chargeCall = fraudCallEnd + about(0.3)
  const chargeStart = chargeCall + about(0.8)
  const chargeEnd = chargeStart + charge
  const chargeCallEnd = declined ? fraudCallEnd : chargeEnd + about(0.8)
  const ordersEnd = chargeCallEnd + about(3)
  const ordersCallEnd = ordersEnd + about(1)
  const gatewayEnd = ordersCallEnd + about(1)
  const outcome = failing ? 502 : declined ? 402 : 200
  const bad = (status: number): { type: string; message: string } | undefined =>
    status >= 500 ? { type: String(status), message: '' } : undefined

  const user = `user-${Math.floor(random() * 40)}`
  const gateway = span(
    'gateway',
    '',
    SERVER,
    'POST /checkout',
    gatewayStart,
    gatewayEnd,
    {
      ...http('POST', '/checkout', outcome),
      'user.id': user,
      'cloudflare.colo': ['VIE', 'FRA', 'AMS'][Math.floor(random() * 3)]!,
      'faas.coldstart': random() < 0.05,
    },
    bad(outcome),
  )
  const toOrders = span(
    'gateway',
    gateway.spanId,
    CLIENT,
    'POST',
    ordersCall,
    ordersCallEnd,
    outgoing('POST', 'orders', '/orders', outcome),
    bad(outcome),
  )
  const orders = span(
    'orders',
    toOrders.spanId,
    SERVER,
    'POST /orders',
    ordersStart,
    ordersEnd,
    {
      ...http('POST', '/orders', outcome),
      'order.id': `order-${Math.floor(random() * 1e6)}`,
      'order.items': queries,
    },
    bad(outcome),
  )
  log('orders', ordersStart + 0.4, orders.spanId, 'INFO', `order received from ${user}`, { 'order.items': queries })

  const toStock = span(
    'orders',
    orders.spanId,
    CLIENT,
    'GET',
    stockCall,
    stockCallEnd,
    outgoing('GET', 'inventory', `/stock/${sku}`, 200),
  )
  const inventory = span(
    'inventory',
    toStock.spanId,
    SERVER,
    'GET /stock/:sku',
    stockStart + skew,
    stockEnd + skew,
    http('GET', '/stock/:sku', 200),
  )
  for (let i = 0; i < queries; i++) {
    const from = stockStart + skew + 1.5 + i * (query + 0.6)
    span('inventory', inventory.spanId, CLIENT, 'SELECT stock', from, from + query, {
      'db.system.name': 'sqlite',
      'db.namespace': 'inventory',
      'db.operation.name': 'SELECT',
      'db.collection.name': 'stock',
      'db.query.text':
        scenario === 'slow-inventory'
          ? 'SELECT * FROM stock WHERE lower(sku) = ?'
          : 'SELECT * FROM stock WHERE sku = ?',
      'cloudflare.d1.response.rows_read': scenario === 'slow-inventory' ? 500_000 : 1,
    })
  }
  if (scenario === 'slow-inventory')
    log('inventory', stockEnd + skew - 1, inventory.spanId, 'WARN', 'the query read 500000 rows to return 1', { sku })

  const toFraud = span(
    'orders',
    orders.spanId,
    CLIENT,
    'POST',
    fraudCall,
    fraudCallEnd,
    outgoing('POST', 'fraud', '/score', 200),
  )
  const score = declined ? 0.97 : random() * 0.3
  const fraudSpan = span('fraud', toFraud.spanId, SERVER, 'POST /score', fraudStart, fraudEnd, {
    ...http('POST', '/score', 200),
    'fraud.score': score,
    'fraud.verdict': declined ? 'declined' : 'accepted',
  })
  if (declined)
    log(
      'fraud',
      fraudEnd - 0.5,
      fraudSpan.spanId,
      'WARN',
      `declined ${user}: card used in 3 countries within an hour`,
      { 'fraud.score': score },
    )

  if (!declined) {
    const timeout = {
      type: 'TimeoutError',
      message: 'the card processor did not answer within 3000 ms',
      exception: true,
    }
    const paid = failing ? 504 : 200
    const toPayment = span(
      'orders',
      orders.spanId,
      CLIENT,
      'POST',
      chargeCall,
      chargeCallEnd,
      outgoing('POST', 'payment', '/charge', paid),
      bad(paid),
    )
    const payment = span(
      'payment',
      toPayment.spanId,
      SERVER,
      'POST /charge',
      chargeStart,
      chargeEnd,
      { ...http('POST', '/charge', paid), 'payment.amount': 42.5, 'payment.currency': 'EUR' },
      bad(paid),
    )
    span(
      'payment',
      payment.spanId,
      CLIENT,
      'POST',
      chargeStart + 2,
      chargeStart + 2 + card,
      outgoing('POST', 'cards.example', '/v2/charges', failing ? undefined : 201),
      failing ? timeout : undefined,
    )
    log(
      'payment',
      chargeStart + 2 + card,
      payment.spanId,
      failing ? 'ERROR' : 'INFO',
      failing ? 'gave up on the card processor' : 'charged 42.50 EUR',
    )
  }
  if (!failing && !declined) {
    const from = gatewayEnd + about(2)
    span(
      'gateway',
      gateway.spanId,
      CLIENT,
      'POST',
      from,
      from + about(60),
      outgoing('POST', 'notify.example', '/messages', 202),
    )
  }
  return { traceId, traces: bodies(), logs, spans: count() }
}

/** Traffic as a shop sees it over a while: mostly fine, some of everything else, newest last. */
export const traffic = (count: number, startMs: number, spanMs: number, seed = 1): Generated[] => {
  const random = seeded(seed)
  return Array.from({ length: count }, (_, i) => {
    const dice = random()
    const scenario: Scenario =
      dice < 0.82
        ? 'normal'
        : dice < 0.87
          ? 'slow-inventory'
          : dice < 0.91
            ? 'payment-timeout'
            : dice < 0.95
              ? 'fraud-declined'
              : dice < 0.98
                ? 'n-plus-one'
                : 'skewed'
    return checkout(scenario, startMs + (i / count) * spanMs + random() * 20, random)
  })
}

/** Posts generated traces, as their services would: JSON, one request a service. */
export const send = async (url: string, generated: readonly Generated[]): Promise<void> => {
  for (const { traces, logs } of generated) {
    const post = async (path: string, body: object): Promise<void> => {
      const response = await fetch(`${url}/v1/${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
      if (!response.ok) throw new Error(`${response.status} ${await response.text()}`)
      await response.arrayBuffer()
    }
    await Promise.all([...traces.map((body) => post('traces', body)), ...logs.map((body) => post('logs', body))])
  }
}
