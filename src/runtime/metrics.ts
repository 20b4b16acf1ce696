// In: the root span of every invocation, and whether its trace was kept. Out: delta histograms, sent along with spans.
// Must stay true: every invocation counts, sampled or not; what an isolate shares is plain data with a bound; what was
// counted is told once, stays for the next export, or is counted as lost.
import { ClewError } from '../flush/error.ts'
import type { ExportHost } from '../flush/exporter.ts'
import { metricsJson } from '../flush/metrics-json.ts'
import type { MetricsEncoder } from '../flush/metrics-model.ts'
import type { Resource, SpanRecord } from '../flush/model.ts'
import type { Body, Reply } from '../flush/post.ts'
import { type ReceiverOptions, receiver } from '../flush/receiver.ts'
import { onStop } from './hosts/stop.ts'
import { parseUrl } from './http.ts'
import type { Losses } from './losses.ts'
import { series } from './series.ts'
import { SCOPE } from './version.ts'

export interface MetricsOptions extends Omit<ReceiverOptions, 'tracesUrl' | 'logsUrl'> {
  /** The receiver of metrics, used as it is (`OTEL_EXPORTER_OTLP_METRICS_ENDPOINT`). Default: `/v1/metrics` of `url`. */
  readonly metricsUrl?: string
  /** Default `metricsJson()`; `metricsProtobuf()` is the other one. */
  readonly encoder?: MetricsEncoder
  /**
   * What has been counted leaves along with every trace that is kept. Default true; false: at most once an interval, for
   * isolates that keep many traces a second.
   */
  readonly withTraces?: boolean
  /**
   * Milliseconds after which an invocation that ends sends what has been counted, kept or not. Default 10,000; 0: every
   * invocation does. A process that lives on does so by itself, and when it ends.
   */
  readonly intervalMs?: number
  /**
   * Milliseconds that an invocation may outlive its end to send what nobody else has sent by then. Default 0: what an
   * isolate counts after its last export is lost with it. For hosts where that holds up nobody: a Worker's `waitUntil`
   * has 30 s. Not for hosts that answer only when the spans have left, such as Lambda.
   */
  readonly lingerMs?: number
  /** Upper bounds in seconds, increasing. Default: those of the HTTP conventions, 5 ms to 10 s. */
  readonly bounds?: readonly number[]
}

/** What `createTracer({ metrics })` takes. */
export interface Metrics {
  /** Counts one invocation. */
  record(root: SpanRecord, isKept: boolean): void
  /** Sends what has been counted, if it is time to; what a receiver did not take is counted in `losses`. */
  send(host: ExportHost, resource: () => Resource, losses: Losses): Promise<void>
}

/** Semantic conventions 1.44, `http.server.request.duration`. */
const HTTP_BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]

type Call = Parameters<Metrics['send']>

/** The longest wait a timer of the host can hold (HTML, "timers": a signed 32-bit integer). */
const MAX_TIMER_MS = 2 ** 31 - 1

/** At most so many milliseconds at the end of a process: what an exporter takes by default. */
const STOP_MS = 10_000

/**
 * Duration and count of invocations: `createTracer({ …, metrics: metrics({ url, headers }) })`. With it every invocation
 * is recorded, so that it can be counted, and those that are not sampled are dropped at the end.
 * @throws {ClewError} `invalid_option` when the URL, a header or the bounds cannot be used.
 */
export function metrics(options: MetricsOptions): Metrics {
  const { encoder = metricsJson(), intervalMs = 10_000, lingerMs = 0, withTraces = true, ...rest } = options
  const { bounds = HTTP_BOUNDS, metricsUrl } = options
  if (bounds.some((bound, i) => !(bound > (bounds[i - 1] ?? -Infinity))))
    throw new ClewError('invalid_option', 'metrics: bounds are increasing numbers of seconds')
  const open = receiver({ ...rest, tracesUrl: metricsUrl ?? endpoint(rest.url) })
  let counted = series(bounds)
  let startMs = 0
  let sentMs = 0
  /** A trace that is kept is on its way. */
  let isDue = false
  /** Epoch milliseconds until which an invocation waits to send. It may be gone by then: the next one does it. */
  let waitingUntilMs = 0
  /** What a process that ends sends by. */
  let last: Call | undefined
  let timer: ReturnType<typeof setTimeout> | undefined

  async function post(host: ExportHost, encode: () => Body): Promise<Reply> {
    try {
      return await open(host, `${SCOPE.name}/${SCOPE.version}`, encoder)(encode(), 'traces')
    } catch (error) {
      return { ok: false, reason: 'encoding', message: String(error), alive: true }
    }
  }

  /** `isLast`: there is no next export that what nobody took could go with. */
  async function flush(call: Call, isLast = false): Promise<void> {
    if (!counted.count()) return
    const [host, resource, losses] = call
    const [told, fromMs, timeMs] = [counted, startMs, host.now()]
    counted = series(bounds)
    startMs = sentMs = timeMs
    isDue = false
    const reply = await post(host, () => encoder.encode(resource(), SCOPE, told.histograms(fromMs, timeMs)))
    if (reply.ok) return
    // What nobody was there to take goes with the next. What may have been taken, or never will be, does not.
    if (!isLast && !reply.alive && reply.reason !== 'timeout') {
      startMs = fromMs
      counted.addAll(told)
      watch(call)
    } else losses.add('metrics', told.count(), `the receiver of metrics: ${reply.message}`)
  }

  /** In a process that lives on, what waits is sent in time, and when the process ends. */
  function watch(call: Call): void {
    const [host] = call
    if (!last) onStop(() => flush([{ ...last![0], budgetMs: STOP_MS }, last![1], last![2]], true))
    last = call
    if (timer || host.budgetMs < Infinity) return
    const send = (): void => {
      timer = undefined
      if (sentMs + intervalMs > host.now()) watch(last!)
      else void flush(last!)
    }
    timer = setTimeout(send, Math.min(sentMs + intervalMs - host.now(), MAX_TIMER_MS))
    ;(timer as { unref?(): void }).unref?.()
  }

  return {
    record(root, isKept) {
      startMs ||= root.startMs
      isDue ||= isKept && withTraces
      counted.record(root, isKept)
    },
    async send(...call) {
      const [host, resource, losses] = call
      const nowMs = host.now()
      const restMs = sentMs + intervalMs - nowMs
      if (isDue || restMs <= 0) return flush(call)
      watch(call)
      const waitMs = Math.min(lingerMs, restMs)
      if (waitMs <= 0 || nowMs < waitingUntilMs || waitMs * 2 > host.budgetMs) return
      waitingUntilMs = nowMs + waitMs
      await new Promise((resolve) => setTimeout(resolve, waitMs))
      await flush([{ ...host, budgetMs: host.budgetMs - waitMs }, resource, losses])
    },
  }
}

/** What is no URL is refused by the receiver, with a sentence that says so. */
function endpoint(url: string): string {
  const at = parseUrl(url)
  if (!at) return url
  at.pathname = at.pathname.replace(/(\/v1\/traces)?\/*$/, '/v1/metrics')
  return at.href
}
