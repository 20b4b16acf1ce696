// In: a query and a span of time. Out: per service and route how many, how many failed, how long, over time; and errors
// in groups. Everything is exact over the newest MAX_SAMPLES requests.
// Must stay true: slices as in search; percentiles are the values of real requests (nearest rank), never interpolated.
import type { DatabaseSync } from 'node:sqlite'
import { setImmediate as breathe } from 'node:timers/promises'
import { type Compiled, compile, type Vocabulary } from '../query/compile.ts'
import { parseQuery } from '../query/parser.ts'

/** Nanoseconds. */
export interface Latency {
  readonly p50: number
  readonly p95: number
  readonly p99: number
  readonly max: number
}

export interface Interval extends Latency {
  readonly count: number
  readonly errors: number
}

export interface OperationStatistics extends Interval {
  readonly service: string
  readonly operation: string
  /** Epoch milliseconds. */
  readonly lastMs: number
  /** One for each step of time; nulls where nothing happened. */
  readonly over: readonly (Interval | null)[]
}

export interface Statistics {
  readonly fromMs: number
  readonly toMs: number
  readonly stepMs: number
  readonly operations: readonly OperationStatistics[]
  /** There were more than MAX_SAMPLES requests; the oldest are not counted. */
  readonly more: boolean
}

export interface ErrorGroup {
  readonly service: string
  readonly type: string
  readonly pattern: string
  readonly message: string
  readonly count: number
  readonly traces: number
  readonly firstMs: number
  readonly lastMs: number
  /** During each of them another span failed: these failures were passed on, not begun here. */
  readonly consequence: boolean
  readonly operations: readonly string[]
  /** Newest first. */
  readonly examples: readonly string[]
  readonly over: readonly number[]
}

export const MAX_SAMPLES = 200_000
const MAX_OPERATIONS = 500
const MAX_GROUPS = 500
const STEPS = 48
const SLICE = 50_000
const EXAMPLES = 5
/** Faults of a group that are looked at to tell whether it is a consequence. */
const JUDGED = 20

/** Nearest rank over sorted numbers. */
export const percentile = (sorted: ArrayLike<number>, p: number): number =>
  sorted.length === 0 ? 0 : sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(p * sorted.length) - 1))]!

interface Sample {
  readonly us: number
  readonly nanos: number
  readonly failed: boolean
}

const intervalOf = (samples: readonly Sample[]): Interval => {
  const sorted = Float64Array.from(samples, (sample) => sample.nanos).sort()
  return {
    count: samples.length,
    errors: samples.reduce((sum, sample) => sum + (sample.failed ? 1 : 0), 0),
    p50: percentile(sorted, 0.5),
    p95: percentile(sorted, 0.95),
    p99: percentile(sorted, 0.99),
    max: sorted[sorted.length - 1] ?? 0,
  }
}

/** Steps that people read: 1 s, 5 s, 1 min, …, so that about STEPS of them cover the range. */
const NICE_MS = [
  100, 200, 500, 1e3, 2e3, 5e3, 10e3, 15e3, 30e3, 60e3, 120e3, 300e3, 600e3, 1800e3, 3600e3, 7200e3, 21_600e3, 86_400e3,
]

export const stepFor = (rangeMs: number): number =>
  NICE_MS.find((step) => rangeMs / step <= STEPS) ?? Math.ceil(rangeMs / STEPS)

export interface StatisticsOptions {
  readonly query?: string
  readonly fromMs?: number | undefined
  readonly toMs?: number | undefined
  readonly nowMs?: number
}

export interface Statistician {
  operations(options: StatisticsOptions): Promise<Statistics>
  errors(options: StatisticsOptions): readonly ErrorGroup[]
}

export const statistician = (db: DatabaseSync, vocabulary: Vocabulary): Statistician => {
  const services = db.prepare('select id, name from services')
  const bounds = db.prepare('select coalesce(min(id), 0) as low, coalesce(max(id), 0) as high from spans')
  const serviceNames = (): Map<number, string> =>
    new Map(services.all().map((row) => [Number(row['id']), String(row['name'])]))

  const collect = async (
    compiled: Compiled | undefined,
    fromUs: number,
    toUs: number,
  ): Promise<{ groups: Map<string, Sample[]>; more: boolean }> => {
    const condition = compiled?.sql ?? '1'
    const tables = `spans s ${compiled?.body ? 'join bodies b on b.id = s.id' : ''} ${/\btr\./.test(condition) ? 'join traces tr on tr.t = s.t' : ''}`
    // A condition on traces alone names the trace's own start; here each request counts by its own.
    const statement = db.prepare(`select s.svc, s.op, s.start_us, s.dur_ns, s.status from ${tables}
      where s.id > ? and s.id <= ? and s.entry = 1 and s.open = 0 and s.start_us between ? and ? and ${condition} order by s.id desc`)
    statement.setReturnArrays(true)
    const groups = new Map<string, Sample[]>()
    const { low, high: top } = bounds.get() as { low: number; high: number }
    let count = 0
    for (let high = top; high >= low && high > 0; high -= SLICE) {
      const rows = statement.iterate(high - SLICE, high, fromUs, toUs, ...(compiled?.parameters ?? []))
      for (const [svc, op, us, nanos, status] of rows as unknown as Iterable<
        [number, string, number, number, number]
      >) {
        if (count++ >= MAX_SAMPLES) return { groups, more: true }
        const key = `${svc}\n${op}`
        const samples = groups.get(key)
        const sample = { us, nanos, failed: status === 2 }
        if (samples === undefined) groups.set(key, [sample])
        else samples.push(sample)
      }
      await breathe()
    }
    return { groups, more: false }
  }

  return {
    async operations({ query: source = '', fromMs, toMs, nowMs = Date.now() }) {
      const query = parseQuery(source, nowMs)
      const compiled = query && compile(query, vocabulary)
      const { groups, more } = await collect(compiled, (fromMs ?? 0) * 1000, (toMs ?? 9e12) * 1000)
      let first = Number.POSITIVE_INFINITY
      let last = 0
      for (const samples of groups.values()) {
        for (const { us } of samples) {
          if (us < first) first = us
          if (us > last) last = us
        }
      }
      const start = fromMs ?? (groups.size === 0 ? nowMs : first / 1000)
      const end = toMs ?? (groups.size === 0 ? nowMs : last / 1000)
      const stepMs = stepFor(Math.max(1, end - start))
      const origin = Math.floor(start / stepMs) * stepMs
      const steps = Math.min(STEPS + 2, Math.floor((end - origin) / stepMs) + 1)
      const names = serviceNames()
      const busiest = [...groups].sort((a, b) => b[1].length - a[1].length).slice(0, MAX_OPERATIONS)
      const operations = busiest.map(([key, samples]): OperationStatistics => {
        const [svc, ...operation] = key.split('\n')
        const over: Sample[][] = Array.from({ length: steps }, () => [])
        let latest = 0
        for (const sample of samples) {
          over[Math.floor((sample.us / 1000 - origin) / stepMs)]?.push(sample)
          if (sample.us > latest) latest = sample.us
        }
        return {
          service: names.get(Number(svc)) ?? '',
          operation: operation.join('\n'),
          lastMs: latest / 1000,
          ...intervalOf(samples),
          over: over.map((step) => (step.length === 0 ? null : intervalOf(step))),
        }
      })
      return { fromMs: origin, toMs: origin + steps * stepMs, stepMs, operations, more }
    },

    errors({ fromMs, toMs, nowMs = Date.now() }) {
      const from = (fromMs ?? 0) * 1000
      const to = (toMs ?? 9e12) * 1000
      const groups = db
        .prepare(`select svc, type, pattern, count(*) as n, count(distinct t) as traces, min(time_us) as first_us,
          max(time_us) as last_us, max(id) as newest from faults f where time_us between ? and ? group by svc, type, pattern order by last_us desc limit ?`)
        .all(from, to, MAX_GROUPS)
      const examples = db.prepare(`select distinct tr.trace_id from faults f join traces tr on tr.t = f.t
        where f.svc = ? and f.type = ? and f.pattern = ? and f.time_us between ? and ? order by f.id desc limit ?`)
      const operations = db.prepare(
        `select distinct op from faults where svc = ? and type = ? and pattern = ? and op <> '' limit ?`,
      )
      const earliest = Math.min(...groups.map((row) => Number(row['first_us'])), nowMs * 1000)
      const latest = Math.max(...groups.map((row) => Number(row['last_us'])), earliest + 1)
      const over = db.prepare(`select cast((time_us - ?) * ? / ? as integer) as step, count(*) as n from faults
        where svc = ? and type = ? and pattern = ? and time_us between ? and ? group by step`)
      const message = db.prepare('select message from faults where id = ?')
      const begun = db.prepare(`select 1 from
        (select * from faults where svc = ? and type = ? and pattern = ? order by id desc limit ${JUDGED}) f
        join spans o on o.t = f.t and o.span_id = f.span_id and o.svc = f.svc
        where not exists (select 1 from spans k where k.t = f.t and k.status = 2 and k.span_id <> o.span_id
          and k.start_us >= o.start_us and k.start_us + k.dur_ns / 1000 <= o.start_us + o.dur_ns / 1000
          and (k.dur_ns < o.dur_ns or k.id > o.id)) limit 1`)
      const names = serviceNames()
      return groups.map((row): ErrorGroup => {
        const key = [Number(row['svc']), String(row['type']), String(row['pattern'])] as const
        const steps: number[] = new Array(24).fill(0)
        for (const step of over.all(earliest, 23, latest - earliest, ...key, from, to))
          steps[Number(step['step'])] = Number(step['n'])
        return {
          service: names.get(key[0]) ?? '',
          type: key[1],
          pattern: key[2],
          message: String(message.get(Number(row['newest']))?.['message'] ?? key[2]),
          count: Number(row['n']),
          traces: Number(row['traces']),
          firstMs: Number(row['first_us']) / 1000,
          lastMs: Number(row['last_us']) / 1000,
          consequence: begun.get(...key) === undefined,
          operations: operations.all(...key, EXAMPLES).map((found) => String(found['op'])),
          examples: examples.all(...key, from, to, EXAMPLES).map((found) => String(found['trace_id'])),
          over: steps,
        }
      })
    },
  }
}
