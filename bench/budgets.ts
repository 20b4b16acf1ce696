// In: the figures of one run. Out: each budget with what was measured and whether it holds.
// Must stay true: a budget is a ratio of two rows of the same run, or a number that no machine changes; one whose rows were
// not measured says so.
import { PEERS } from './peers.ts'
import type { Figures } from './rounds.ts'

export interface Verdict {
  readonly budget: string
  readonly measured: number
  readonly limit: number
  readonly kind: 'at most' | 'at least'
  /** Nothing where it was not measured. */
  readonly holds: boolean | undefined
}

type Row = readonly [peer: string, row: string]

export function verdicts(figures: Figures): Verdict[] {
  const of = ([peer, row]: Row): number => figures[peer]?.[row]?.median ?? Number.NaN
  const found: Verdict[] = []
  const judge = (kind: Verdict['kind'], budget: string, measured: number, limit: number): void => {
    const holds = kind === 'at most' ? measured <= limit : measured >= limit
    found.push({ budget, measured, limit, kind, holds: Number.isFinite(measured) ? holds : undefined })
  }
  const most = judge.bind(undefined, 'at most')
  const least = judge.bind(undefined, 'at least')
  const others = PEERS.filter((peer) => peer !== 'floor' && peer !== 'clew')
  const best = (row: string, of_: readonly string[] = others): number => {
    const all = of_.map((peer) => of([peer, row])).filter(Number.isFinite)
    return all.length ? Math.min(...all) : Number.NaN
  }
  const stock = ['opentelemetry-3', 'opentelemetry-2']

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
    const stringify = of(['floor', `encode/stringify/${count}`])
    most(`JSON of ${count} spans ÷ JSON.stringify of a ready-made object`, json / stringify, 1)
    least(`better OpenTelemetry JS ÷ JSON of ${count} spans`, best(`encode/json/${count}`, stock) / json, 2.5)
    const theirs = best(`encode/protobuf/${count}`, stock)
    least(`better OpenTelemetry JS ÷ protobuf of ${count} spans`, theirs / protobuf, 3)
    most(`protobuf ÷ JSON of ${count} spans`, protobuf / json, 1.2)
  }
  for (const encoding of ['json', 'protobuf']) {
    const request = of(['clew', `request/${encoding}`])
    most(`request of ten children, ${encoding} ÷ floor`, request / of(['floor', `request/${encoding}`]), 1.4)
    least(`best peer ÷ request of ten children, ${encoding}`, best(`request/${encoding}`) / request, 2.5)
  }
  const cpu = 'load/CPU a request, µs'
  const posts = 'load/posts a request'
  most(
    'CPU in workerd ÷ a Worker that posts as many bytes untraced',
    of(['workerd: clew', cpu]) / of(['workerd: post', cpu]),
    1.15,
  )
  const over = of(['workerd: clew-unsampled', cpu]) - of(['workerd: plain', cpu])
  most('CPU of an unsampled request over the plain Worker, µs', over, 10)
  least('POSTs of a request that is kept', of(['workerd: clew', posts]), 1)
  most('POSTs of a request that is kept', of(['workerd: clew', posts]), 1)
  most('POSTs of a request that the tail sampler drops', of(['workerd: clew-tail-dropped', posts]), 0)
  most('POSTs of an unsampled request', of(['workerd: clew-unsampled', posts]), 0)
  const gzip = 'size/gzip, bytes'
  most('hello-world bundle, bytes gzip', of(['hello: clew', gzip]), 6_000)
  most('everything Cloudflare, bytes gzip', of(['everything Cloudflare: clew', gzip]), 16_000)
  for (const [what, row] of [
    ['first response of a fresh isolate', 'cold/first response, ms'],
    ['the same in CPU time', 'cold/CPU, ms'],
  ] as const)
    most(`${what}, over the plain Worker, ms`, of(['hello: clew', row]) - of(['hello: plain', row]), 1.5)
  for (const ending of ['success', 'thrown handler', 'failed export', 'span that never ends'])
    most(`bytes of heap kept a request, ${ending}`, of(['heap: clew', `heap/${ending}`]), 20)
  return found
}
