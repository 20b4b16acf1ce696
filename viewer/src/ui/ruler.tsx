// In: a stretch of time. Out: its ruler above the waterfall, on which dragging chooses a shorter stretch.
import type { JSX } from 'preact'
import { useRef, useState } from 'preact/hooks'
import { formatDuration } from '../analysis/format.ts'

/** Nanoseconds since the trace's start. */
export interface Zoom {
  readonly from: number
  readonly to: number
}

/** Per cent of a stretch. */
export const share = (zoom: Zoom, at: number): number => ((at - zoom.from) / (zoom.to - zoom.from)) * 100

/** Ticks at 1, 2 or 5 of something, five to ten of them. */
const ticksOf = ({ from, to }: Zoom): number[] => {
  const rough = (to - from) / 6
  const power = 10 ** Math.floor(Math.log10(Math.max(1, rough)))
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough) ?? power
  const ticks: number[] = []
  for (let at = Math.ceil(from / step) * step; at <= to; at += step) ticks.push(at)
  return ticks
}

export const Ruler = ({
  zoom,
  whole,
  onZoom,
}: {
  zoom: Zoom
  whole: number
  onZoom: (zoom: Zoom | undefined) => void
}): JSX.Element => {
  const ruler = useRef<HTMLDivElement>(null)
  const [drag, setDrag] = useState<{ from: number; to: number } | undefined>(undefined)
  const at = (event: PointerEvent): number => {
    const { left, width } = ruler.current!.getBoundingClientRect()
    return Math.max(0, Math.min(1, (event.clientX - left) / width))
  }
  const nanos = (part: number): number => zoom.from + part * (zoom.to - zoom.from)
  const zoomed = zoom.from > 0 || zoom.to < whole
  return (
    <div
      ref={ruler}
      class="ruler"
      title="Drag to zoom, double-click to zoom out"
      onPointerDown={(event) => {
        ruler.current!.setPointerCapture(event.pointerId)
        setDrag({ from: at(event), to: at(event) })
      }}
      onPointerMove={(event) => drag && setDrag({ ...drag, to: at(event) })}
      onPointerUp={() => {
        if (drag && Math.abs(drag.to - drag.from) > 0.01)
          onZoom({ from: nanos(Math.min(drag.from, drag.to)), to: nanos(Math.max(drag.from, drag.to)) })
        setDrag(undefined)
      }}
      onDblClick={() => onZoom(undefined)}
    >
      {ticksOf(zoom)
        .filter((tick) => share(zoom, tick) < 94)
        .map((tick) => (
          <span key={tick} style={{ left: `${share(zoom, tick)}%` }}>
            {tick === 0 ? '0' : formatDuration(tick)}
          </span>
        ))}
      {drag ? (
        <i
          style={{ left: `${Math.min(drag.from, drag.to) * 100}%`, width: `${Math.abs(drag.to - drag.from) * 100}%` }}
        />
      ) : null}
      {zoomed ? (
        <button type="button" onPointerDown={(event) => event.stopPropagation()} onClick={() => onZoom(undefined)}>
          whole trace
        </button>
      ) : null}
    </div>
  )
}
