// In: how many requests, and a seed. Out: one isolate's traffic: 50 routes, log-normal latencies, bursts, error storms.
// Must stay true: reproducible; requests come in order of their ends, as an isolate decides about them; nothing here
// knows how they will be sampled.
import { SpanKind, type SpanRecord, StatusCode } from '../../src/flush/model.ts'
import { type Draws, draws } from './random.ts'

export interface Request {
  readonly route: number
  readonly startMs: number
  readonly durationMs: number
  readonly failed: boolean
  readonly traceId: string
  readonly spans: readonly SpanRecord[]
}

interface Route {
  readonly name: string
  /** Cumulative share of the traffic. */
  readonly upTo: number
  readonly medianMs: number
  readonly sigma: number
  readonly errorRate: number
  readonly children: number
}

export const ROUTES = 50
/** Requests a second outside bursts. */
export const BASE_RATE = 250
/** A tenfold burst of 20 s begins every ten minutes or so. */
const BURST = { factor: 10, lengthMs: 20_000, everyMs: 600_000 }
/** For 30 s, every fifteen minutes or so, a third of a few routes' requests fail, half of them slowly. */
const STORM = { errorRate: 0.33, lengthMs: 30_000, everyMs: 900_000, routes: 3 }
const EPOCH_MS = Date.UTC(2026, 0, 1)

/** The requests one by one, in order of their ends; `count` of them. */
export function* traffic(count: number, seed: number): Generator<Request> {
  const open: Request[] = []
  for (const request of arrivals(count, seed)) {
    while (open.length > 0 && endOf(open.at(-1)!) <= request.startMs) yield open.pop()!
    // Those that end last come first.
    let at = open.length
    while (at > 0 && endOf(open[at - 1]!) < endOf(request)) at--
    open.splice(at, 0, request)
  }
  while (open.length > 0) yield open.pop()!
}

const endOf = ({ startMs, durationMs }: Request): number => startMs + durationMs

function* arrivals(count: number, seed: number): Generator<Request> {
  const random = draws(seed)
  const routes = makeRoutes(random)
  let now = EPOCH_MS
  let burstAt = EPOCH_MS + 300_000
  let stormAt = EPOCH_MS + 450_000
  let stormy = new Set<number>()
  for (let i = 0; i < count; i++) {
    if (now >= burstAt + BURST.lengthMs) burstAt = now + random.wait(1 / BURST.everyMs)
    if (now >= stormAt + STORM.lengthMs) {
      stormAt = now + random.wait(1 / STORM.everyMs)
      stormy = new Set(Array.from({ length: STORM.routes }, () => Math.floor(random.uniform() * ROUTES)))
    }
    const bursting = now >= burstAt
    now += random.wait((BASE_RATE * (bursting ? BURST.factor : 1)) / 1000)
    const draw = random.uniform()
    const route = routes.findIndex(({ upTo }) => draw < upTo)
    const { medianMs, sigma, errorRate } = routes[route]!
    const storm = now >= stormAt && stormy.has(route)
    const failed = random.uniform() < (storm ? STORM.errorRate : errorRate)
    // Some errors are fast refusals, some are timeouts.
    const slowdown = failed ? (random.uniform() < 0.5 ? 0.2 : 5) : 1
    const durationMs = random.logNormal(medianMs, sigma) * slowdown
    yield request(random, routes[route]!, route, now, durationMs, failed)
  }
}

const makeRoutes = (random: Draws): readonly Route[] => {
  // Zipf: the k-th route has a share in proportion to 1 / k.
  const total = Array.from({ length: ROUTES }, (_, k) => 1 / (k + 1)).reduce((a, b) => a + b)
  let upTo = 0
  return Array.from({ length: ROUTES }, (_, k) => {
    upTo = k === ROUTES - 1 ? 1 : upTo + 1 / (k + 1) / total
    return {
      name: `/route/${k}`,
      upTo,
      medianMs: 5 * 60 ** random.uniform(),
      sigma: 0.3 + 0.7 * random.uniform(),
      errorRate: 0.02 * random.uniform() ** 2,
      children: Math.floor(random.uniform() * 8),
    }
  })
}

const request = (
  random: Draws,
  route: Route,
  index: number,
  startMs: number,
  durationMs: number,
  failed: boolean,
): Request => {
  const traceId = random.hex(32)
  const rootId = random.hex(16)
  // Of three failures one shows on a child only: somebody caught it and answered 200.
  const failedChild = failed && route.children > 0 && random.uniform() < 1 / 3 ? 0 : -1
  const rootFailed = failed && failedChild < 0
  const root = span(
    traceId,
    rootId,
    '',
    `GET ${route.name}`,
    SpanKind.SERVER,
    startMs,
    startMs + durationMs,
    rootFailed,
    {
      'http.request.method': 'GET',
      'http.route': route.name,
      'http.response.status_code': rootFailed ? 500 : 200,
      'url.path': route.name,
    },
  )
  const spans = [root]
  for (let i = 0; i < route.children; i++) {
    const from = startMs + (durationMs * i) / route.children
    spans.push(
      span(
        traceId,
        random.hex(16),
        rootId,
        'SELECT carts',
        SpanKind.CLIENT,
        from,
        from + durationMs / route.children,
        i === failedChild,
        {
          'db.system.name': 'cloudflare.d1',
          'db.query.text': 'SELECT * FROM carts WHERE id = ?',
        },
      ),
    )
  }
  return { route: index, startMs, durationMs, failed, traceId, spans }
}

const span = (
  traceId: string,
  spanId: string,
  parentSpanId: string,
  name: string,
  kind: SpanKind,
  startMs: number,
  endMs: number,
  failed: boolean,
  attributes: SpanRecord['attributes'],
): SpanRecord => ({
  traceId,
  spanId,
  parentSpanId,
  parentIsRemote: false,
  traceFlags: 3,
  traceState: '',
  name,
  kind,
  startMs,
  endMs,
  attributes,
  droppedAttributes: 0,
  events: [],
  droppedEvents: 0,
  links: [],
  droppedLinks: 0,
  statusCode: failed ? StatusCode.ERROR : StatusCode.UNSET,
  statusMessage: '',
})
