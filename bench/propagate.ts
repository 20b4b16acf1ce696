// W3C propagation beside OpenTelemetry JS: read the headers of a request, write those of a call. Needs the peers
// (`npm run install-peers`), then `node propagate.ts`. One line a case: nanoseconds a round of each, and their ratio.
import { createRequire } from 'node:module'
import { baggage, composite, type Getter, recordSetter, traceContext } from '../src/propagate.ts'

const peer = createRequire(new URL('./peers/opentelemetry-3/package.json', import.meta.url))
const { ROOT_CONTEXT } = peer('@opentelemetry/api')
const { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } = peer('@opentelemetry/core')

type Record_ = Record<string, string>

const IDS = Array.from({ length: 64 }, (_, at) => `0af7651916cd43dd8448eb211c80${at.toString(16).padStart(4, '0')}`)
const CASES: Record<string, Record_> = {
  'no headers': {},
  traceparent: { traceparent: '' },
  'traceparent, tracestate of 1': { traceparent: '', tracestate: 'ot=th:8' },
  'traceparent, tracestate of 4': {
    traceparent: '',
    tracestate: 'ot=th:8;rv:6e6d1a75832a2f,rojo=00f067aa0ba902b7,congo=t61rcWkgMzE,dd=s:1',
  },
  'all, baggage of 3': { traceparent: '', tracestate: 'ot=th:8', baggage: 'tier=gold,region=eu-west-1,user=42' },
}

const theirs = new CompositePropagator({ propagators: [new W3CTraceContextPropagator(), new W3CBaggagePropagator()] })
const theirGetter = { get: (carrier: Record_, key: string): string | undefined => carrier[key], keys: Object.keys }
const theirSetter = {
  set: (carrier: Record_, key: string, value: string): void => {
    carrier[key] = value
  },
}
const ours = composite([traceContext(), baggage()])

function theirRound(headers: Record_): Record_ {
  const context = theirs.extract(ROOT_CONTEXT, headers, theirGetter)
  const out: Record_ = {}
  theirs.inject(context, out, theirSetter)
  return out
}

function ourRound(headers: Record_): Record_ {
  const getter: Getter = { get: (name) => headers[name], keys: () => Object.keys(headers) }
  const out: Record_ = {}
  ours.inject(ours.extract(getter, {}), recordSetter(out))
  return out
}

let at = 0
export let kept: unknown

for (const [name, headers] of Object.entries(CASES)) {
  const requests = IDS.map(
    (id): Record_ => ('traceparent' in headers ? { ...headers, traceparent: `00-${id}-b7ad6b7169203331-01` } : headers),
  )
  const same = JSON.stringify(ourRound(requests[0]!)) === JSON.stringify(theirRound(requests[0]!))
  if (!same) throw new Error(`the two write different headers: ${name}`)
  const [our, their] = medians([() => ourRound(requests[at++ & 63]!), () => theirRound(requests[at++ & 63]!)])
  console.log(
    `${name.padEnd(32)} ours ${our!.toFixed(0).padStart(5)} ns   OpenTelemetry ${their!.toFixed(0).padStart(5)} ns   ${(their! / our!).toFixed(1)}x`,
  )
}

/** Nanoseconds a call: the median of many turns, the contenders taking turns so that noise hits them alike. */
function medians(contenders: readonly (() => unknown)[], turns = 101, calls = 5000): number[] {
  const samples = contenders.map((): number[] => [])
  for (let turn = 0; turn < turns; turn++) {
    for (const [which, contender] of contenders.entries()) {
      const start = process.hrtime.bigint()
      for (let call = 0; call < calls; call++) kept = contender()
      samples[which]!.push(Number(process.hrtime.bigint() - start) / calls)
    }
  }
  return samples.map((all) => all.sort((a, b) => a - b)[turns >> 1]!)
}
