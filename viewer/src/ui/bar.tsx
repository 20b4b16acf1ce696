// In: one node and the stretch of time on show. Out: its bar, what marks it, and its length in words.
// Must stay true: solid is time in the span's own code, pale is time in the calls below it; failed, open and missing differ
// by outline, stripes and dashes, not by colour alone.
import type { JSX } from 'preact'
import { formatDuration } from '../analysis/format.ts'
import { ownSegments, type PathSegment } from '../analysis/timing.ts'
import type { Node } from '../analysis/tree.ts'
import { colourOf } from './colour.ts'
import { nanosBetween } from './outline.ts'
import { share, type Zoom } from './ruler.tsx'

interface BarProps {
  readonly zoom: Zoom
  readonly startNano: string
  readonly path: ReadonlyMap<Node, readonly PathSegment[]>
  readonly showPath: boolean
}

export const Bar = ({ node, props }: { node: Node; props: BarProps }): JSX.Element | null => {
  const { zoom, path, showPath, startNano } = props
  const left = share(zoom, node.start)
  const width = share(zoom, node.end) - left
  const right = left + width
  if (node.span === undefined) return <div class="bar missing" style={{ left: `${left}%`, width: `${width}%` }} />
  const { span } = node
  const length = node.end - node.start
  const own = length > 0 && node.children.length > 0 ? ownSegments(node) : undefined
  const text = span.unfinished ? 'never ended' : formatDuration(span.duration)
  // The text stands where there is room for it: right of the bar, else left of it, else inside.
  const place = right < 88 ? 'after' : left > 12 ? 'before' : 'inside'
  return (
    <>
      <div
        class={`bar ${span.unfinished ? 'open' : ''} ${span.status === 'error' ? 'failed' : ''} ${own === undefined ? 'solid' : ''}`}
        style={{ left: `${left}%`, width: `max(2px, ${width}%)`, '--colour': colourOf(node.service) }}
      >
        {own?.map((segment) => (
          <i
            key={segment.start}
            style={{
              left: `${((segment.start - node.start) / length) * 100}%`,
              width: `${((segment.end - segment.start) / length) * 100}%`,
            }}
          />
        ))}
      </div>
      {showPath
        ? path.get(node)?.map((segment) => (
            <div
              key={segment.start}
              class="critical"
              style={{
                left: `${share(zoom, segment.start)}%`,
                width: `max(2px, ${share(zoom, segment.end) - share(zoom, segment.start)}%)`,
              }}
            />
          ))
        : null}
      {span.events.slice(0, 50).map((event, i) => {
        const at = share(zoom, nanosBetween(startNano, event.nano))
        return at < 0 || at > 100 ? null : (
          <div
            key={i}
            class={`event ${event.name === 'exception' ? 'failed' : ''}`}
            style={{ left: `${at}%` }}
            title={event.name}
          />
        )
      })}
      <span
        class={`length ${place}`}
        style={
          place === 'after'
            ? { left: `${Math.max(0, right)}%` }
            : place === 'before'
              ? { right: `${100 - left}%` }
              : { left: `${Math.max(0, left)}%` }
        }
      >
        {text}
      </span>
    </>
  )
}

export const Badges = ({ node }: { node: Node }): JSX.Element | null => {
  const { span } = node
  if (span === undefined) return null
  const collapsed = span.attributes['clew.collapsed.count']
  const code = span.attributes['http.response.status_code']
  return (
    <>
      {typeof collapsed === 'number' ? (
        <em title="equal spans folded into this one by the sender">×{collapsed}</em>
      ) : null}
      {span.unfinished ? <em title="this span never ended">open</em> : null}
      {typeof code === 'number' && code >= 400 ? <em class="failed">{code}</em> : null}
      {span.links.length > 0 ? (
        <em title="linked to other traces">
          {span.links.length} link{span.links.length > 1 ? 's' : ''}
        </em>
      ) : null}
    </>
  )
}
