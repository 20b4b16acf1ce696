// In: a tree and what is chosen in it. Out: the waterfall: names on the left, time on the right, one row a span or log.
// Must stay true: a treegrid as WAI-ARIA describes it, walked with the arrows; only rows in sight exist; solid is time in a
// span's own code, pale is time in the calls below it; whatever colour says, a shape or a word says too.
import type { JSX } from 'preact'
import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks'
import { formatValue } from '../analysis/format.ts'
import { labelOf } from '../analysis/label.ts'
import type { PathSegment } from '../analysis/timing.ts'
import type { Node, Tree } from '../analysis/tree.ts'
import { isTyping } from './app.tsx'
import { Badges, Bar } from './bar.tsx'
import { colourOf } from './colour.ts'
import { ErrorIcon } from './icons.tsx'
import { type OutlineRow, sayNode } from './outline.ts'
import { Ruler, share, type Zoom } from './ruler.tsx'
import { severityName } from './severity.ts'
import { Virtual } from './virtual.tsx'

const ROW = 27
const INDENT = 15

interface WaterfallProps {
  readonly tree: Tree
  readonly rows: readonly OutlineRow[]
  readonly startNano: string
  readonly path: ReadonlyMap<Node, readonly PathSegment[]>
  readonly showPath: boolean
  readonly marked: ReadonlySet<string>
  readonly dimOthers: boolean
  readonly pinned: Node | undefined
  readonly selected: Node | undefined
  readonly zoom: Zoom
  readonly onZoom: (zoom: Zoom | undefined) => void
  readonly onSelect: (node: Node | undefined) => void
  readonly onFold: (node: Node, fold: boolean) => void
}

const rowId = (row: OutlineRow, index: number): string =>
  row.is === 'span' ? `row-${row.node.spanId}-${row.node.service}` : `log-${index}`

export const Waterfall = (props: WaterfallProps): JSX.Element => {
  const { tree, rows, selected, zoom, marked, dimOthers, pinned, onSelect, onFold, onZoom } = props
  const [names, setNames] = useState(() => Math.round(Math.min(460, Math.max(240, innerWidth * 0.3))))
  const box = useRef<HTMLDivElement>(null)
  const indices = useMemo(() => new Map(rows.map((row, i) => [row.is === 'span' ? row.node : row, i])), [rows])
  const at = selected === undefined ? -1 : (indices.get(selected) ?? -1)

  useLayoutEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (isTyping(event) || event.metaKey || event.ctrlKey || document.querySelector('dialog[open]')) return
      const spans = rows.filter((row) => row.is === 'span')
      const here = spans.findIndex((row) => row.node === selected)
      const move = (index: number): void => onSelect(spans[Math.max(0, Math.min(spans.length - 1, index))]?.node)
      const row = spans[here]
      switch (event.key) {
        case 'ArrowDown':
        case 'j':
          move(here + 1)
          break
        case 'ArrowUp':
        case 'k':
          move(here - 1)
          break
        case 'Home':
          move(0)
          break
        case 'End':
          move(spans.length - 1)
          break
        case 'PageDown':
          move(here + 15)
          break
        case 'PageUp':
          move(here - 15)
          break
        case 'ArrowRight':
          if (row?.folded) onFold(row.node, false)
          else if (row && row.node.children.length > 0) move(here + 1)
          break
        case 'ArrowLeft':
          if (row && !row.folded && row.node.children.length > 0) onFold(row.node, true)
          else if (row?.node.parent) onSelect(row.node.parent)
          break
        case 'e': {
          const errors = tree.nodes.filter((node) => node.span?.status === 'error')
          // Deepest first: the origin is what one wants to see, then how it spread.
          const order = errors.toSorted((a, b) => b.depth - a.depth || a.start - b.start)
          if (order.length > 0) onSelect(order[(order.indexOf(selected as Node) + 1) % order.length])
          break
        }
        case 'z':
          if (selected) {
            const margin = Math.max(1000, (selected.end - selected.start) * 0.05)
            onZoom({ from: Math.max(0, selected.start - margin), to: Math.min(tree.duration, selected.end + margin) })
          }
          break
        case '0':
          onZoom(undefined)
          break
        default:
          return
      }
      event.preventDefault()
    }
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  })

  const renderRow = (index: number): JSX.Element => {
    const row = rows[index]!
    const guides = (depth: number): JSX.Element => (
      <span class="guides" style={{ width: `${depth * INDENT}px` }} aria-hidden="true" />
    )
    if (row.is === 'log') {
      const level = severityName(row.log.severity, row.log.severityText)
      const at = Math.max(0, Math.min(100, share(zoom, row.offset)))
      return (
        <div
          key={rowId(row, index)}
          class={`row log ${level.toLowerCase()}`}
          role="row"
          aria-level={row.depth + 1}
          onClick={() => onSelect(row.node)}
        >
          <div role="gridcell" class="name">
            {guides(row.depth)}
            <span class="leaf" />
            <b class="level">{level}</b>
            <span>{row.log.eventName || 'log'}</span>
          </div>
          <div role="gridcell" class="time">
            <div class="event log" style={{ left: `${at}%` }} />
            <span class="length" style={at < 55 ? { left: `${at}%` } : { right: `${100 - at}%` }}>
              {formatValue(row.log.body)}
            </span>
          </div>
        </div>
      )
    }
    const { node } = row
    const failed = node.span?.status === 'error'
    const state = [
      node === selected ? 'selected' : '',
      failed ? 'failed' : '',
      marked.has(node.spanId) ? 'marked' : dimOthers ? 'dim' : '',
      node.span === undefined ? 'missing' : '',
      node === pinned ? 'pinned' : '',
    ].join(' ')
    return (
      <div
        key={rowId(row, index)}
        id={rowId(row, index)}
        class={`row ${state}`}
        role="row"
        aria-level={node.depth + 1}
        aria-selected={node === selected}
        aria-label={sayNode(node)}
        {...(node.children.length > 0 ? { 'aria-expanded': !row.folded } : {})}
        onClick={() => onSelect(node)}
      >
        <div role="gridcell" class="name">
          {guides(node.depth)}
          {node.children.length > 0 ? (
            <button
              type="button"
              class="fold"
              tabIndex={-1}
              aria-label={row.folded ? `Unfold ${node.size} spans` : 'Fold'}
              onClick={(event) => {
                event.stopPropagation()
                onFold(node, !row.folded)
              }}
            >
              {row.folded ? node.size : '▾'}
            </button>
          ) : (
            <span class="leaf" />
          )}
          {failed ? (
            <span class="failed">
              <ErrorIcon />
            </span>
          ) : null}
          {node.span === undefined ? (
            <span class="absent">parent {node.spanId.slice(0, 8)}… has not arrived</span>
          ) : (
            <>
              <i class="chip" style={{ background: colourOf(node.service) }} />
              {node.parent?.service === node.service ? null : <span class="service">{node.service}</span>}
              <span class="label">{labelOf(node)}</span>
              <Badges node={node} />
            </>
          )}
        </div>
        <div role="gridcell" class="time">
          <Bar node={node} props={props} />
        </div>
      </div>
    )
  }

  return (
    <Virtual
      box={box}
      frame="waterfall"
      frameStyle={{ '--names': `${names}px` }}
      role="treegrid"
      aria-label="Waterfall"
      aria-rowcount={rows.length}
      tabIndex={0}
      {...(selected ? { 'aria-activedescendant': `row-${selected.spanId}-${selected.service}` } : {})}
      count={rows.length}
      rowHeight={ROW}
      reveal={at}
      render={renderRow}
      head={
        <div class="row head">
          <div class="name">Service and span</div>
          <div
            class="divider"
            role="separator"
            aria-orientation="vertical"
            aria-label="Width of the names"
            aria-valuenow={names}
            tabIndex={0}
            onKeyDown={(event) => {
              const step = { ArrowLeft: -20, ArrowRight: 20 }[event.key]
              if (step === undefined) return
              event.preventDefault()
              event.stopPropagation()
              setNames(Math.max(160, Math.min(900, names + step)))
            }}
            onPointerDown={(event) => {
              event.currentTarget.setPointerCapture(event.pointerId)
            }}
            onPointerMove={(event) => {
              if (!event.currentTarget.hasPointerCapture(event.pointerId)) return
              setNames(Math.max(160, Math.min(900, event.clientX - box.current!.getBoundingClientRect().left)))
            }}
          />
          <Ruler zoom={zoom} whole={tree.duration} onZoom={onZoom} />
        </div>
      }
    />
  )
}
