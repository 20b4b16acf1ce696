// In: `npm run simulate [-- requests [seed]]`. Out: a table of what each policy keeps of one isolate's traffic, what it
// misses, what its weights add up to and what it costs; exit code 1 when the recommended setting breaks a promise.
// Must stay true: reproducible by its seed; the promises are those of docs/sampling.md.
import { adaptive } from '../src/sampling/adaptive.ts'
import { anyOf } from '../src/sampling/combine.ts'
import { errors, slowerThan } from '../src/sampling/conditions.ts'
import { tracesPerSecond } from '../src/sampling/limits.ts'
import type { TailPolicy } from '../src/sampling/policy.ts'
import { headSampled, ratio } from '../src/sampling/share.ts'
import { slowest } from '../src/sampling/slowest.ts'
import { stateBytes } from './simulate/memory.ts'
import { run, truthOf } from './simulate/run.ts'

const TARGET_PER_SECOND = 10
const WARM_UP_MS = 60_000
const MAX_STATE_BYTES = 256 * 1024

const requests = Number(process.argv[2] ?? 1_000_000)
const seed = Number(process.argv[3] ?? 1)

const recommended = (budgeted: TailPolicy = adaptive({ perSecond: TARGET_PER_SECOND })): TailPolicy =>
  anyOf(errors(), slowest({ percentile: 95 }), headSampled(), budgeted)

const policies: readonly (readonly [name: string, make: () => TailPolicy])[] = [
  ['errors()', () => errors()],
  ['slowest(95)', () => slowest({ percentile: 95 })],
  ['slowerThan(500)', () => slowerThan(500)],
  ['headSampled() of 1 %', () => headSampled()],
  ['ratio(0.05)', () => ratio(0.05)],
  ['adaptive(10/s)', () => adaptive({ perSecond: TARGET_PER_SECOND })],
  ['tracesPerSecond(10)', () => tracesPerSecond(TARGET_PER_SECOND)],
  ['recommended', () => recommended()],
]

const truth = truthOf(requests, seed)
console.log(
  `${requests.toLocaleString('en')} requests in ${Math.round(truth.seconds)} s, ${truth.errors} with errors, ${truth.slow} above their route's p95 (seed ${seed})\n`,
)

/** Counts what the wrapped policy keeps, per second, once the warm-up is over. */
const keptAfterWarmUp = (inner: TailPolicy): { policy: TailPolicy; perSecond: () => number; worst: () => number } => {
  const minutes = new Map<number, number>()
  let first = 0
  let last = 0
  let kept = 0
  return {
    policy: {
      ...inner,
      judge(trace) {
        const judgement = inner.judge(trace)
        first ||= trace.nowMs
        last = Math.max(last, trace.nowMs)
        if (judgement.keep && trace.nowMs - first >= WARM_UP_MS) {
          kept++
          const minute = Math.floor((trace.nowMs - first) / 60_000)
          minutes.set(minute, (minutes.get(minute) ?? 0) + 1)
        }
        return judgement
      },
    },
    perSecond: () => kept / ((last - first - WARM_UP_MS) / 1000),
    worst: () => Math.max(...minutes.values()) / 60,
  }
}

const budgeted = keptAfterWarmUp(adaptive({ perSecond: TARGET_PER_SECOND }))
const outcomes = run([...policies.map(([, make]) => make()), recommended(budgeted.policy)], truth, seed)
const outcome = outcomes.at(-1)!

const rows = [['policy', 'kept', 'kept/s', 'errors missed', 'slow missed', 'MB', 'bias', 'bound 4σ', 'state kB']]
for (const [i, [name, make]] of policies.entries()) {
  const { kept, errorsMissed, slowMissed, bytes, weighted, deviation } = outcomes[i]!
  // What is kept by rule alone counts as itself; only chance can be biased.
  const byRule = deviation === 0 && weighted === kept
  rows.push([
    name,
    `${kept}`,
    (kept / truth.seconds).toFixed(1),
    percent(errorsMissed / truth.errors),
    percent(slowMissed / truth.slow),
    (bytes / 1e6).toFixed(0),
    byRule ? 'by rule' : percent(weighted === undefined ? undefined : weighted / requests - 1),
    byRule ? '' : percent((4 * deviation) / requests),
    (stateBytes(make, 20_000, 0, seed) / 1024).toFixed(1),
  ])
}
for (const row of rows) console.log(row.map((cell, i) => (i === 0 ? cell.padEnd(22) : cell.padStart(14))).join(''))

const attacked = stateBytes(recommended, 20_000, 5_000, seed)
const bias = Math.abs((outcome.weighted ?? Number.NaN) - requests)
console.log(`\nrecommended, by reason: ${[...outcome.byPolicy].map(([name, n]) => `${name} ${n}`).join(', ')}`)
console.log(`state after 5,000 routes more, each seen once: ${(attacked / 1024).toFixed(1)} kB`)
console.log(`busiest minute of the adaptive part: ${budgeted.worst().toFixed(1)} traces/s\n`)

const promises: readonly (readonly [holds: boolean, promise: string])[] = [
  [outcome.errorsMissed === 0, `keeps every error (missed ${outcome.errorsMissed} of ${truth.errors})`],
  [
    outcome.slowMissed <= truth.slow * 0.01,
    `keeps at least 99 % of the slowest 5 % (kept ${percent(1 - outcome.slowMissed / truth.slow)})`,
  ],
  [
    Math.abs(budgeted.perSecond() / TARGET_PER_SECOND - 1) <= 0.1,
    `keeps within 10 % of ${TARGET_PER_SECOND} others a second after warm-up (kept ${budgeted.perSecond().toFixed(2)})`,
  ],
  [attacked <= MAX_STATE_BYTES, `holds at most 256 kB of state (${(attacked / 1024).toFixed(1)} kB, with strangers)`],
  [bias <= 4 * outcome.deviation, `weights add up to the truth (${percent(bias / requests)} off)`],
]
for (const [holds, promise] of promises) console.log(`${holds ? 'yes' : 'NO '}  ${promise}`)
if (promises.some(([holds]) => !holds)) process.exitCode = 1

function percent(share: number | undefined): string {
  return share === undefined || Number.isNaN(share) ? 'unknown' : `${(share * 100).toFixed(2)} %`
}
