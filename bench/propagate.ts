// W3C propagation beside OpenTelemetry JS: read the headers of a request, write those of a call. Needs the peers
// (`npm run install-peers`), then `node propagate.ts`. One line a case: nanoseconds a round of each, and their ratio.
// Must stay true: both sides get the same carriers, made alike, and what they write is the same.
import { createRequire } from 'node:module'
import { type Propagator, w3c } from '../src/propagate.ts'

const peer = createRequire(new URL('./peers/opentelemetry-3/package.json', import.meta.url))
const { ROOT_CONTEXT } = peer('@opentelemetry/api')
const { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } = peer('@opentelemetry/core')

type Name = 'traceparent' | 'tracestate' | 'baggage'
type Headers_ = { readonly [name in Name]?: string }

/**
 * What holds headers, for both. It is there before the round, as a request's headers are, and as cheap as can be: what
 * is measured is the propagators, and a host's `Headers` would come on top for either.
 */
class Wire {
  traceparent: string | undefined
  tracestate: string | undefined
  baggage: string | undefined

  constructor(headers: Headers_) {
    this.traceparent = headers.traceparent
    this.tracestate = headers.tracestate
    this.baggage = headers.baggage
  }

  get(name: string): string | undefined {
    return name === 'traceparent' ? this.traceparent : name === 'tracestate' ? this.tracestate : this.baggage
  }

  keys(): string[] {
    return Object.keys(this)
  }

  set(name: string, value: string): void {
    if (name === 'traceparent') this.traceparent = value
    else if (name === 'tracestate') this.tracestate = value
    else this.baggage = value
  }
}

const CASES: Record<string, Headers_> = {
  'no headers': {},
  traceparent: { traceparent: '' },
  'traceparent, tracestate of 1': { traceparent: '', tracestate: 'ot=th:8' },
  'traceparent, tracestate of 4': {
    traceparent: '',
    tracestate: 'ot=th:8;rv:6e6d1a75832a2f,rojo=00f067aa0ba902b7,congo=t61rcWkgMzE,dd=s:1',
  },
  'traceparent, baggage of 3': { traceparent: '', baggage: 'tier=gold,region=eu-west-1,user=42' },
  'all, baggage percent-encoded': {
    traceparent: '',
    tracestate: 'ot=th:8',
    baggage: 'tier=gold,city=Z%C3%BCrich,user=J%20D',
  },
}

const theirs = new CompositePropagator({ propagators: [new W3CTraceContextPropagator(), new W3CBaggagePropagator()] })
const theirGetter = { get: (carrier: Wire, key: string) => carrier.get(key), keys: (carrier: Wire) => carrier.keys() }
const theirSetter = { set: (carrier: Wire, key: string, value: string) => carrier.set(key, value) }
const ours: Propagator = w3c()

function theirRound(incoming: Wire, outgoing: Wire): void {
  theirs.inject(theirs.extract(ROOT_CONTEXT, incoming, theirGetter), outgoing, theirSetter)
}

function ourRound(incoming: Wire, outgoing: Wire): void {
  ours.inject(ours.extract(incoming, {}), outgoing)
}

/** Requests of 64 traces, their headers flat texts as a host's parser makes them. */
function requests(headers: Headers_): readonly Wire[] {
  return Array.from({ length: 64 }, (_, at) => {
    const id = `0af7651916cd43dd8448eb211c80${at.toString(16).padStart(4, '0')}`
    const sent = 'traceparent' in headers ? { ...headers, traceparent: `00-${id}-b7ad6b7169203331-01` } : headers
    return new Wire(JSON.parse(JSON.stringify(sent)))
  })
}

/** Neither: what the loop itself costs, which is taken off both. */
function noRound(incoming: Wire, outgoing: Wire): void {
  if (incoming === outgoing) throw new Error('one carrier for both ways')
}

const TURNS = 61
const CALLS = 5000

/** Nanoseconds a call, turn by turn: the contenders take turns, so that noise hits them alike. */
function samples(incoming: readonly Wire[]): readonly [our: number, their: number][] {
  const outgoing = incoming.map(() => new Wire({}))
  const time = (round: (incoming: Wire, outgoing: Wire) => void): number => {
    const start = process.hrtime.bigint()
    for (let call = 0; call < CALLS; call++) round(incoming[call & 63]!, outgoing[call & 63]!)
    return Number(process.hrtime.bigint() - start) / CALLS
  }
  return Array.from({ length: TURNS }, () => {
    const loop = time(noRound)
    return [time(ourRound) - loop, time(theirRound) - loop]
  })
}

/** The value below which a share of them lies. */
const quantile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length * share)]!

const all = Object.entries(CASES).map(([name, headers]) => ({ name, incoming: requests(headers) }))
for (const { name, incoming } of all) {
  const [our, their] = [new Wire({}), new Wire({})]
  ourRound(incoming[0]!, our)
  theirRound(incoming[0]!, their)
  if (JSON.stringify(our) !== JSON.stringify(their)) throw new Error(`the two write different headers: ${name}`)
  // Every case before any is measured: neither side shall profit from having seen one kind of request only.
  samples(incoming)
}
for (const { name, incoming } of all) {
  const turns = samples(incoming)
  const column = (values: readonly number[], digits: number, unit: string): string => {
    const [low, middle, high] = [0.25, 0.5, 0.75].map((share) => quantile(values, share).toFixed(digits))
    return `${middle!.padStart(5)}${unit} (${low}-${high})`.padEnd(20)
  }
  const our = column(
    turns.map(([our]) => our),
    0,
    ' ns',
  )
  const their = column(
    turns.map(([, their]) => their),
    0,
    ' ns',
  )
  const ratio = column(
    turns.map(([our, their]) => their / our),
    1,
    ' x',
  )
  console.log(`${name.padEnd(30)} ours ${our} OpenTelemetry ${their} ${ratio}`)
}
