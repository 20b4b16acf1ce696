// In: numbers over time. Out: small pictures of them, with their numbers as text for whoever cannot see pictures.
import type { JSX } from 'preact'
import { formatDuration } from '../analysis/format.ts'
import type { Interval } from '../store/statistics.ts'
import { clockTime, timeOfDay } from './time.ts'

const WIDTH = 120
const HEIGHT = 26

/** Requests as bars, failed ones at the bottom of each. */
export const CountSpark = ({ over }: { over: readonly (Interval | null)[] }): JSX.Element => {
  const most = Math.max(1, ...over.map((step) => step?.count ?? 0))
  const step = WIDTH / Math.max(1, over.length)
  const height = (count: number): number => (count === 0 ? 0 : Math.max(1.5, (count / most) * HEIGHT))
  return (
    <svg class="spark" width={WIDTH} height={HEIGHT} role="img" aria-label={`at most ${most} in one step of time`}>
      {over.map((interval, i) =>
        interval === null ? null : (
          <g key={i}>
            <rect
              class="count"
              x={i * step}
              y={HEIGHT - height(interval.count)}
              width={Math.max(1, step - 0.8)}
              height={height(interval.count)}
            />
            <rect
              class="errors"
              x={i * step}
              y={HEIGHT - height(interval.errors)}
              width={Math.max(1, step - 0.8)}
              height={height(interval.errors)}
            />
          </g>
        ),
      )}
    </svg>
  )
}

export const BarSpark = ({ values }: { values: readonly number[] }): JSX.Element => {
  const most = Math.max(1, ...values)
  const step = WIDTH / values.length
  return (
    <svg class="spark" width={WIDTH} height={HEIGHT} role="img" aria-label={`at most ${most} in one step of time`}>
      {values.map((value, i) => (
        <rect
          key={i}
          class="errors"
          x={i * step}
          y={HEIGHT - (value / most) * HEIGHT}
          width={Math.max(1, step - 0.8)}
          height={(value / most) * HEIGHT}
        />
      ))}
    </svg>
  )
}

const PLOT = { width: 1000, height: 180, left: 64, bottom: 22, top: 12 }

const LINES = [
  ['p50', 'p50', ''],
  ['p95', 'p95', '6 3'],
  ['p99', 'p99', '2 3'],
] as const

interface LatencyChartProps {
  readonly over: readonly (Interval | null)[]
  readonly fromMs: number
  readonly stepMs: number
}

/** Percentiles over time; lines differ in their dashes as well as in colour. */
export const LatencyChart = ({ over, fromMs, stepMs }: LatencyChartProps): JSX.Element => {
  const { width, height, left, bottom, top } = PLOT
  const highest = Math.max(1, ...over.map((interval) => interval?.p99 ?? 0)) * 1.1
  const x = (i: number): number => left + ((i + 0.5) / Math.max(1, over.length)) * (width - left)
  const y = (nanos: number): number => height - bottom - (nanos / highest) * (height - bottom - top)
  const line = (of: (interval: Interval) => number): string => {
    let drawing = false
    return over
      .map((interval, i) => {
        if (interval === null) {
          drawing = false
          return ''
        }
        const command = `${drawing ? 'L' : 'M'}${x(i).toFixed(1)},${y(of(interval)).toFixed(1)}`
        drawing = true
        return command
      })
      .join('')
  }
  return (
    <figure class="latency">
      <figcaption>
        {LINES.map(([name, , dashes]) => (
          <span key={name}>
            <svg width="26" height="8" aria-hidden="true">
              <path class={name} d="M0,4H26" stroke-dasharray={dashes} />
            </svg>
            {name}
          </span>
        ))}
        <span class="grow" />
        <small>each step is {formatDuration(stepMs * 1e6)}</small>
      </figcaption>
      <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label="Latency over time">
        {[0, 0.25, 0.5, 0.75, 1].map((part) => (
          <g key={part}>
            <path class="grid" d={`M${left},${y(highest * part)}H${width}`} />
            <text x={left - 8} y={y(highest * part) + 4} text-anchor="end">
              {formatDuration(highest * part)}
            </text>
          </g>
        ))}
        {[0, 0.5, 1].map((part) => (
          <text
            key={part}
            x={left + part * (width - left)}
            y={height - 5}
            text-anchor={part === 0 ? 'start' : part === 1 ? 'end' : 'middle'}
          >
            {timeOfDay(fromMs + part * over.length * stepMs)}
          </text>
        ))}
        {LINES.map(([name, key, dashes]) => (
          <g key={name}>
            <path class={name} d={line((interval) => interval[key])} stroke-dasharray={dashes} />
            {over.map((interval, i) =>
              interval === null ? null : (
                <circle key={i} class={name} cx={x(i)} cy={y(interval[key])} r="2.2">
                  <title>
                    {clockTime(fromMs + i * stepMs)}: {interval.count} requests, {interval.errors} failed, p50{' '}
                    {formatDuration(interval.p50)}, p95 {formatDuration(interval.p95)}, p99{' '}
                    {formatDuration(interval.p99)}
                  </title>
                </circle>
              ),
            )}
          </g>
        ))}
      </svg>
    </figure>
  )
}
