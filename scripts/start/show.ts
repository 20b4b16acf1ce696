// In: traces as they come to rest. Out: their waterfalls on the terminal.
// Must stay true: a burst does not flood the terminal: of many at once only the slowest is drawn.
import type { TraceView } from '../../viewer/src/model.ts'
import { textWaterfall } from '../../viewer/src/terminal.ts'
import type { Viewer } from '../../viewer/src/viewer.ts'

/** Traces that come to rest with shorter pauses than this belong together. */
const PAUSE_MS = 500
/** As many waterfalls as one may want to read at once. */
const MOST = 3

/** Prints every trace until the returned function is called. */
export function show(viewer: Viewer, print: (text: string) => void): () => void {
  const gathered = new Map<string, TraceView>()
  let timer: NodeJS.Timeout | undefined

  const flush = (): void => {
    const traces = [...gathered.values()].sort((a, b) => b.duration - a.duration)
    gathered.clear()
    for (const trace of traces.length > MOST ? traces.slice(0, 1) : traces.toReversed())
      print(`\n${textWaterfall(trace)}`)
    if (traces.length > MOST) {
      const median = traces[traces.length >> 1]!
      const spans = traces.reduce((sum, trace) => sum + trace.spans.length, 0)
      print(
        `\n${traces.length} traces with ${spans} spans at once: above the slowest, ${ms(traces[0]!)}; half took ${ms(median)} or less`,
      )
    }
  }

  const stop = viewer.onTrace((trace) => {
    gathered.set(trace.traceId, trace)
    clearTimeout(timer)
    timer = setTimeout(flush, PAUSE_MS)
  })
  return () => {
    stop()
    clearTimeout(timer)
  }
}

const ms = ({ duration }: TraceView): string => `${Math.round(duration / 1e6)} ms`
