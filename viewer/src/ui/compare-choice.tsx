// In: a trace. Out: a choice of traces of the same route to stand beside it.
import type { JSX } from 'preact'
import { formatDuration } from '../analysis/format.ts'
import type { Node } from '../analysis/tree.ts'
import type { TraceView } from '../model.ts'
import type { SearchResult } from '../store/search.ts'
import { useApi } from './api.ts'
import { go, pathOf } from './router.ts'
import { clockTime } from './time.ts'

/** Traces offered for comparison. */
const OFFERED = 30

export const CompareChoice = ({ trace, root }: { trace: TraceView; root: Node }): JSX.Element | null => {
  const { data } = useApi<SearchResult>(
    pathOf('/api/search', {
      q: `root.service = ${JSON.stringify(root.service)} AND root.name = ${JSON.stringify(root.name)}`,
      limit: String(OFFERED),
    }),
    true,
  )
  const others = (data?.traces ?? []).filter((other) => other.traceId !== trace.traceId)
  if (others.length === 0) return null
  const sorted = others.toSorted((a, b) => a.duration - b.duration)
  const typical = sorted.filter((other) => other.status !== 'error').at(Math.floor(sorted.length / 2)) ?? sorted[0]!
  return (
    <label class="token">
      Compare
      <select
        aria-label="Compare with another trace of this route"
        value=""
        onChange={(event) => event.currentTarget.value && go(`/compare/${event.currentTarget.value}/${trace.traceId}`)}
      >
        <option value="">with…</option>
        <option value={typical.traceId}>a typical one ({formatDuration(typical.duration)})</option>
        <option value={sorted[0]!.traceId}>the fastest ({formatDuration(sorted[0]!.duration)})</option>
        <option value={sorted.at(-1)!.traceId}>the slowest ({formatDuration(sorted.at(-1)!.duration)})</option>
        {others.map((other) => (
          <option key={other.traceId} value={other.traceId}>
            {clockTime(other.startMs)} {formatDuration(other.duration)} {other.status === 'error' ? 'failed' : ''}
          </option>
        ))}
      </select>
    </label>
  )
}
