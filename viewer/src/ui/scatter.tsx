// In: traces as points. Out: when they came and how long they took, with the distribution at the side; a box selects.
// Must stay true: failures differ in shape, not in colour alone; everything a box can select, the query language can too,
// so nobody needs a pointer; one canvas, so thousands of points stay quick.
import type { JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { formatDuration } from '../analysis/format.ts'
import type { Box, Point } from '../store/search.ts'
import { theme } from './api.ts'
import { clockTime, timeOfDay } from './time.ts'

interface ScatterProps {
  readonly points: readonly Point[]
  readonly box: Box | undefined
  readonly onBox: (box: Box | undefined) => void
  readonly onOpen: (traceId: string) => void
}

const HEIGHT = 190
const LEFT = 58
const BOTTOM = 22
const TOP = 10
const SIDE = 132
const GAP = 14
const BINS = 28
/** Pixels around a point in which the pointer means it. */
const REACH = 9

interface Scale {
  readonly width: number
  readonly fromMs: number
  readonly toMs: number
  readonly low: number
  readonly high: number
}

const scaleOf = (points: readonly Point[], width: number): Scale => {
  let [fromMs, toMs, low, high] = [Number.POSITIVE_INFINITY, 0, Number.POSITIVE_INFINITY, 0]
  for (const [, at, duration] of points) {
    if (at < fromMs) fromMs = at
    if (at > toMs) toMs = at
    if (duration < low) low = duration
    if (duration > high) high = duration
  }
  if (points.length === 0) [fromMs, toMs, low, high] = [Date.now() - 60_000, Date.now(), 1e6, 1e9]
  if (toMs - fromMs < 1000) [fromMs, toMs] = [fromMs - 500, toMs + 500]
  // Whole powers of ten around the data keep the axis still while traces arrive.
  const floor = Math.floor(Math.log10(Math.max(1e3, low)) * 2) / 2
  const ceiling = Math.ceil(Math.log10(Math.max(1e4, high)) * 2 + 0.1) / 2
  return { width, fromMs, toMs, low: floor, high: Math.max(ceiling, floor + 1) }
}

const plotWidth = (scale: Scale): number => scale.width - LEFT - SIDE - GAP
const xOf = (scale: Scale, ms: number): number =>
  LEFT + 6 + ((ms - scale.fromMs) / (scale.toMs - scale.fromMs)) * (plotWidth(scale) - 12)
const yOf = (scale: Scale, nanos: number): number =>
  HEIGHT - BOTTOM - ((Math.log10(Math.max(1, nanos)) - scale.low) / (scale.high - scale.low)) * (HEIGHT - BOTTOM - TOP)
const msAt = (scale: Scale, x: number): number =>
  scale.fromMs + ((x - LEFT - 6) / (plotWidth(scale) - 12)) * (scale.toMs - scale.fromMs)
const nanosAt = (scale: Scale, y: number): number =>
  10 ** (scale.low + ((HEIGHT - BOTTOM - y) / (HEIGHT - BOTTOM - TOP)) * (scale.high - scale.low))

const inBox = (box: Box, [, at, duration]: Point): boolean =>
  at >= box.fromMs && at <= box.toMs && duration >= box.minNanos && duration <= box.maxNanos

const drawMark = (context: CanvasRenderingContext2D, x: number, y: number, failed: 0 | 1 | 2): void => {
  context.beginPath()
  if (failed === 0) context.arc(x, y, 2.6, 0, 7)
  else if (failed === 1) {
    context.moveTo(x, y - 4)
    context.lineTo(x + 4, y + 3)
    context.lineTo(x - 4, y + 3)
    context.closePath()
  } else {
    context.moveTo(x - 3.5, y - 3.5)
    context.lineTo(x + 3.5, y + 3.5)
    context.moveTo(x + 3.5, y - 3.5)
    context.lineTo(x - 3.5, y + 3.5)
    context.stroke()
    return
  }
  context.fill()
}

const draw = (canvas: HTMLCanvasElement, points: readonly Point[], scale: Scale, box: Box | undefined): void => {
  const ratio = devicePixelRatio || 1
  canvas.width = scale.width * ratio
  canvas.height = HEIGHT * ratio
  const context = canvas.getContext('2d')!
  context.scale(ratio, ratio)
  const style = getComputedStyle(canvas)
  const colour = (name: string): string => style.getPropertyValue(name)
  context.font = `11px ${style.fontFamily}`
  context.textBaseline = 'middle'
  const right = LEFT + plotWidth(scale)

  context.lineWidth = 1
  for (let power = Math.ceil(scale.low); power <= scale.high; power++) {
    const y = Math.round(yOf(scale, 10 ** power)) + 0.5
    context.strokeStyle = colour('--line')
    context.beginPath()
    context.moveTo(LEFT, y)
    context.lineTo(scale.width, y)
    context.stroke()
    context.fillStyle = colour('--dim')
    context.textAlign = 'right'
    context.fillText(formatDuration(10 ** power), LEFT - 8, y)
  }
  const ticks = Math.max(2, Math.floor(plotWidth(scale) / 150))
  for (let i = 0; i <= ticks; i++) {
    const ms = scale.fromMs + (i / ticks) * (scale.toMs - scale.fromMs)
    context.fillStyle = colour('--dim')
    context.textAlign = i === 0 ? 'left' : i === ticks ? 'right' : 'center'
    context.fillText(timeOfDay(ms), LEFT + (i / ticks) * plotWidth(scale), HEIGHT - 8)
  }

  const counts = new Array<number>(BINS).fill(0)
  const failures = new Array<number>(BINS).fill(0)
  const colours = [colour('--point'), colour('--warning'), colour('--error')] as const
  for (const failed of [0, 1, 2] as const) {
    context.fillStyle = colours[failed]
    context.strokeStyle = colours[failed]
    context.lineWidth = 1.8
    for (const point of points) {
      if (point[3] !== failed) continue
      context.globalAlpha = box !== undefined && !inBox(box, point) ? 0.15 : failed === 0 ? 0.65 : 0.95
      drawMark(context, xOf(scale, point[1]), yOf(scale, point[2]), failed)
      const share = (Math.log10(Math.max(1, point[2])) - scale.low) / (scale.high - scale.low)
      const bin = Math.max(0, Math.min(BINS - 1, Math.floor(share * BINS)))
      counts[bin]!++
      if (failed === 2) failures[bin]!++
    }
  }
  context.globalAlpha = 1
  const most = Math.max(1, ...counts)
  const step = (HEIGHT - BOTTOM - TOP) / BINS
  for (let bin = 0; bin < BINS; bin++) {
    const y = HEIGHT - BOTTOM - (bin + 1) * step
    const length = (count: number): number => (count === 0 ? 0 : Math.max(2, (count / most) * (SIDE - 30)))
    context.fillStyle = colours[0]
    context.globalAlpha = 0.75
    context.fillRect(right + GAP, y + 0.5, length(counts[bin]!), step - 1)
    context.globalAlpha = 1
    context.fillStyle = colours[2]
    context.fillRect(right + GAP, y + 0.5, length(failures[bin]!), step - 1)
    if (counts[bin] === most && points.length > 0) {
      context.fillStyle = colour('--dim')
      context.textAlign = 'left'
      context.fillText(String(most), right + GAP + length(most) + 5, y + step / 2)
    }
  }
}

export const Scatter = ({ points, box, onBox, onOpen }: ScatterProps): JSX.Element => {
  const frame = useRef<HTMLDivElement>(null)
  const canvas = useRef<HTMLCanvasElement>(null)
  const [width, setWidth] = useState(900)
  const [drag, setDrag] = useState<{ x0: number; y0: number; x1: number; y1: number } | undefined>(undefined)
  const [near, setNear] = useState<Point | undefined>(undefined)
  const scale = scaleOf(points, width)

  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => setWidth(Math.max(420, Math.floor(entry!.contentRect.width))))
    observer.observe(frame.current!)
    return () => observer.disconnect()
  }, [])
  useEffect(() => draw(canvas.current!, points, scale, box), [points, width, box, theme.value])

  const position = (event: PointerEvent): { x: number; y: number } => {
    const rectangle = canvas.current!.getBoundingClientRect()
    return { x: event.clientX - rectangle.left, y: event.clientY - rectangle.top }
  }

  const nearest = (x: number, y: number): Point | undefined => {
    let best: Point | undefined
    let least = REACH ** 2
    for (const point of points) {
      const distance = (xOf(scale, point[1]) - x) ** 2 + (yOf(scale, point[2]) - y) ** 2
      if (distance < least) [best, least] = [point, distance]
    }
    return best
  }

  const boxOf = ({ x0, y0, x1, y1 }: NonNullable<typeof drag>): Box => {
    // Drawn over the histogram, a box means lengths at any time.
    const side = x0 > LEFT + plotWidth(scale)
    return {
      fromMs: side ? scale.fromMs - 1 : msAt(scale, Math.min(x0, x1)),
      toMs: side ? scale.toMs + 1 : msAt(scale, Math.max(x0, x1)),
      minNanos: nanosAt(scale, Math.max(y0, y1)),
      maxNanos: nanosAt(scale, Math.min(y0, y1)),
    }
  }

  const shown = drag
    ? {
        left: Math.min(drag.x0, drag.x1),
        top: Math.min(drag.y0, drag.y1),
        width: Math.abs(drag.x1 - drag.x0),
        height: Math.abs(drag.y1 - drag.y0),
      }
    : box && {
        left: Math.max(LEFT, xOf(scale, box.fromMs)),
        top: Math.max(0, yOf(scale, box.maxNanos)),
        width: Math.max(
          2,
          Math.min(LEFT + plotWidth(scale), xOf(scale, box.toMs)) - Math.max(LEFT, xOf(scale, box.fromMs)),
        ),
        height: Math.max(
          2,
          Math.min(HEIGHT - BOTTOM, yOf(scale, box.minNanos)) - Math.max(0, yOf(scale, box.maxNanos)),
        ),
      }
  const failed = points.filter((point) => point[3] === 2).length
  return (
    <div class="scatter" ref={frame}>
      <canvas
        ref={canvas}
        role="img"
        aria-label={`${points.length} traces by time and duration, ${failed} failed. Drag a box to select; the list below shows the same traces.`}
        style={{ width: `${width}px`, height: `${HEIGHT}px` }}
        onPointerDown={(event) => {
          const { x, y } = position(event)
          if (x < LEFT || event.button !== 0) return
          canvas.current!.setPointerCapture(event.pointerId)
          setDrag({ x0: x, y0: y, x1: x, y1: y })
        }}
        onPointerMove={(event) => {
          const { x, y } = position(event)
          if (drag)
            setDrag({ ...drag, x1: Math.max(LEFT, Math.min(width, x)), y1: Math.max(0, Math.min(HEIGHT - BOTTOM, y)) })
          else setNear(nearest(x, y))
        }}
        onPointerLeave={() => setNear(undefined)}
        onPointerUp={(event) => {
          if (drag === undefined) return
          setDrag(undefined)
          const { x, y } = position(event)
          if (Math.abs(drag.x1 - drag.x0) > 4 || Math.abs(drag.y1 - drag.y0) > 4) onBox(boxOf(drag))
          else {
            const point = nearest(x, y)
            if (point !== undefined) onOpen(point[0])
            else onBox(undefined)
          }
        }}
      />
      {shown ? (
        <div
          class="box"
          style={{
            left: `${shown.left}px`,
            top: `${shown.top}px`,
            width: `${shown.width}px`,
            height: `${shown.height}px`,
          }}
        />
      ) : null}
      {near && !drag ? (
        <div
          class="tip"
          style={{
            left: `${Math.min(width - 170, xOf(scale, near[1]) + 10)}px`,
            top: `${Math.max(0, yOf(scale, near[2]) - 34)}px`,
          }}
        >
          <b>{formatDuration(near[2])}</b> {clockTime(near[1])}{' '}
          {near[3] === 2 ? '· failed' : near[3] === 1 ? '· errors inside' : ''}
        </div>
      ) : null}
      <p class="legend" aria-hidden="true">
        <span>
          <i class="mark fine" /> fine
        </span>
        <span>
          <i class="mark inside" /> errors inside
        </span>
        <span>
          <i class="mark failed">×</i> failed
        </span>
      </p>
    </div>
  )
}
