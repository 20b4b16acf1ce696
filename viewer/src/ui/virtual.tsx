// In: how many rows of one height there are. Out: only those in sight, in a scrolling frame as tall as all of them.
// Must stay true: a row in view keeps its element; scrolling to a row is exact; the box works with any number of rows.
import type { ComponentChildren, HTMLAttributes, JSX, RefObject } from 'preact'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'

interface VirtualProps extends Omit<HTMLAttributes<HTMLDivElement>, 'ref'> {
  readonly count: number
  readonly rowHeight: number
  readonly render: (index: number) => ComponentChildren
  /** A row to bring into view, when it changes. */
  readonly reveal?: number | undefined
  readonly box?: RefObject<HTMLDivElement | null>
  readonly head?: ComponentChildren
  readonly frame: string
  readonly frameStyle?: Readonly<Record<string, string>>
}

/** Rows drawn beyond each edge: enough for a quick scroll without a flash of nothing. */
const MARGIN = 12

export const Virtual = ({
  count,
  rowHeight,
  render,
  reveal,
  box,
  head,
  frame,
  frameStyle,
  ...rest
}: VirtualProps): JSX.Element => {
  const own = useRef<HTMLDivElement>(null)
  const ref = box ?? own
  const headRef = useRef<HTMLDivElement>(null)
  const [view, setView] = useState({ top: 0, height: 800 })

  useLayoutEffect(() => {
    const element = ref.current!
    const look = (): void => setView({ top: element.scrollTop, height: element.clientHeight })
    const observer = new ResizeObserver(look)
    observer.observe(element)
    element.addEventListener('scroll', look, { passive: true })
    look()
    return () => {
      observer.disconnect()
      element.removeEventListener('scroll', look)
    }
  }, [])

  useEffect(() => {
    const element = ref.current
    if (element === null || reveal === undefined || reveal < 0) return
    const sticky = headRef.current?.offsetHeight ?? 0
    const top = reveal * rowHeight
    if (top < element.scrollTop) element.scrollTop = Math.max(0, top - rowHeight)
    else if (top + rowHeight * 2 + sticky > element.scrollTop + element.clientHeight)
      element.scrollTop = top + rowHeight * 2 + sticky - element.clientHeight
  }, [reveal])

  const first = Math.max(0, Math.floor(view.top / rowHeight) - MARGIN)
  const last = Math.min(count, Math.ceil((view.top + view.height) / rowHeight) + MARGIN)
  const rows: ComponentChildren[] = []
  for (let i = first; i < last; i++) rows.push(render(i))
  return (
    <div ref={ref} class={frame} style={frameStyle ?? {}}>
      {head === undefined ? null : (
        <div ref={headRef} class="virtual-head">
          {head}
        </div>
      )}
      <div {...rest} style={{ height: `${count * rowHeight}px`, position: 'relative' }}>
        <div role="presentation" style={{ transform: `translateY(${first * rowHeight}px)` }}>
          {rows}
        </div>
      </div>
    </div>
  )
}
