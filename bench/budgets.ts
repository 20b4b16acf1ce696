// In: the figures of one run. Out: each budget with what was measured and whether it holds.
// Must stay true: a budget is a ratio of two rows of the same run, or a number that no machine changes.
import type { Figures } from './rounds.ts'

export interface Verdict {
  readonly budget: string
  readonly measured: number
  readonly limit: number
  readonly holds: boolean
}

type Row = readonly [peer: string, row: string]

const PEERS = ['opentelemetry-3', 'opentelemetry-2', 'otel-cf-workers', 'logfire']

export function verdicts(figures: Figures): Verdict[] {
  const of = ([peer, row]: Row): number => figures[peer]?.[row]?.median ?? Number.NaN
  const found: Verdict[] = []
  const most = (budget: string, measured: number, limit: number): void => {
    if (Number.isFinite(measured)) found.push({ budget, measured, limit, holds: measured <= limit })
  }
  const least = (budget: string, measured: number, limit: number): void => {
    if (Number.isFinite(measured)) found.push({ budget, measured, limit, holds: measured >= limit })
  }
  const best = (row: string): number => Math.min(...PEERS.map((peer) => of([peer, row])).filter(Number.isFinite))

  const span = of(['clew', 'span/five'])
  most('span with five attributes ÷ floor', span / of(['floor', 'span/five']), 1.4)
  least('OpenTelemetry JS 3 ÷ span with five attributes', of(['opentelemetry-3', 'span/five']) / span, 5)
  least('best peer ÷ span with five attributes', best('span/five') / span, 2.5)
  const unsampled = of(['clew', 'span/unsampled'])
  most('child of an unsampled span ÷ floor', unsampled / of(['floor', 'span/unsampled']), 3)
  most('child of an unsampled span, bytes allocated', of(['clew', 'memory/unsampled']), 0.5)
  least('best peer ÷ child of an unsampled span', best('span/unsampled') / unsampled, 20)
  most('bytes kept a buffered span', of(['clew', 'memory/kept']), 500)
  for (const count of [20, 200, 2000]) {
    const json = of(['clew', `encode/json/${count}`])
    const protobuf = of(['clew', `encode/protobuf/${count}`])
    most(
      `JSON of ${count} spans ÷ JSON.stringify of a ready-made object`,
      json / of(['floor', `encode/stringify/${count}`]),
      1,
    )
    least(`OpenTelemetry JS 3 ÷ JSON of ${count} spans`, of(['opentelemetry-3', `encode/json/${count}`]) / json, 2.5)
    least(
      `OpenTelemetry JS 3 ÷ protobuf of ${count} spans`,
      of(['opentelemetry-3', `encode/protobuf/${count}`]) / protobuf,
      3,
    )
    most(`protobuf ÷ JSON of ${count} spans`, protobuf / json, 1.2)
  }
  for (const encoding of ['json', 'protobuf']) {
    const request = of(['clew', `request/${encoding}`])
    most(`request of ten children, ${encoding} ÷ floor`, request / of(['floor', `request/${encoding}`]), 1.4)
    least(`best peer ÷ request of ten children, ${encoding}`, best(`request/${encoding}`) / request, 2.5)
  }
  const cpu = 'load/CPU a request, µs'
  most(
    'CPU in workerd ÷ a Worker that posts as many bytes untraced',
    of(['workerd: clew', cpu]) / of(['workerd: post', cpu]),
    1.15,
  )
  most(
    'CPU of an unsampled request over the plain Worker, µs',
    of(['workerd: clew-unsampled', cpu]) - of(['workerd: plain', cpu]),
    10,
  )
  most('POSTs of an unsampled request', of(['workerd: clew-unsampled', 'load/posts a request']), 0)
  const cold = 'cold/first response, ms'
  most(
    'first response of a fresh isolate over the plain Worker, ms',
    of(['hello: clew', cold]) - of(['hello: plain', cold]),
    1.5,
  )
  for (const [row, { median }] of Object.entries(figures['heap: clew'] ?? {}))
    most(`bytes of heap kept a request, ${row.slice(5)}`, median, 20)
  return found
}
