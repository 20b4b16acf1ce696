// In: one span of a trace. Out: everything known about it.
// Must stay true: every attribute can be copied, searched for, excluded and compared with a pinned span's; every link can
// be followed.
import type { ComponentChildren, JSX } from 'preact'
import { formatDuration, formatValue } from '../analysis/format.ts'
import { labelOf } from '../analysis/label.ts'
import { lengthOf, ownSegments } from '../analysis/timing.ts'
import type { Node } from '../analysis/tree.ts'
import type { LogView, TraceView, ValueMap } from '../model.ts'
import { Attributes } from './attributes.tsx'
import { Copy } from './clipboard.tsx'
import { colourOf } from './colour.ts'
import { CloseIcon, CompareIcon, ErrorIcon, LinkIcon } from './icons.tsx'
import { nanosBetween } from './outline.ts'
import { pathOf } from './router.ts'
import { severityName } from './severity.ts'
import { clockTime } from './time.ts'

interface SpanPanelProps {
  readonly trace: TraceView
  readonly node: Node
  readonly critical: number
  readonly pinned: Node | undefined
  readonly onPin: (node: Node | undefined) => void
  readonly onSelect: (node: Node) => void
  readonly onClose: () => void
}

const Section = ({
  title,
  count,
  children,
  open = true,
}: {
  title: string
  count?: number
  children: ComponentChildren
  open?: boolean
}): JSX.Element => (
  <details class="section" open={open}>
    <summary>
      {title} {count === undefined ? null : <small>{count}</small>}
    </summary>
    {children}
  </details>
)

const Exception = ({ attributes }: { attributes: ValueMap }): JSX.Element => {
  const stack = formatValue(attributes['exception.stacktrace'])
  return (
    <div class="exception">
      <p>
        <ErrorIcon /> <b>{formatValue(attributes['exception.type']) || 'Error'}</b>{' '}
        {formatValue(attributes['exception.message'])}
      </p>
      {stack === '' ? null : <pre>{stack}</pre>}
    </div>
  )
}

const Log = ({ log, startNano }: { log: LogView; startNano: string }): JSX.Element => (
  <div class={`entry ${severityName(log.severity, log.severityText).toLowerCase()}`}>
    <p>
      <b class="level">{severityName(log.severity, log.severityText)}</b>{' '}
      <time>{formatDuration(nanosBetween(startNano, log.nano))}</time> {log.eventName} {formatValue(log.body)}
    </p>
    {Object.keys(log.attributes).length > 0 ? <Attributes map={log.attributes} prefix="log." /> : null}
  </div>
)

export const SpanPanel = ({ trace, node, critical, pinned, onPin, onSelect, onClose }: SpanPanelProps): JSX.Element => {
  const { span } = node
  const close = (
    <button type="button" class="quiet" aria-label="Close the span" title="Close ( Esc )" onClick={onClose}>
      <CloseIcon />
    </button>
  )
  if (span === undefined) {
    return (
      <aside class="panel" aria-label="Span">
        <header>
          <h2>A parent that has not arrived</h2>
          {close}
        </header>
        <p class="prose">
          {node.children.length} spans name <code>{node.spanId}</code> as their parent, but no such span has arrived. It
          was not sampled, it is still running, its export failed, or its service sends its spans elsewhere. If it
          arrives, it takes this place.
        </p>
      </aside>
    )
  }
  const own = lengthOf(ownSegments(node))
  const logs = trace.logs.filter((log) => log.spanId === span.spanId)
  const exceptions = span.events.filter((event) => event.name === 'exception')
  const early =
    node.parent?.span !== undefined && node.parent.service !== node.service ? node.parent.start - node.start : 0
  const comparing = pinned !== undefined && pinned !== node ? pinned.span?.attributes : undefined
  const scope = trace.scopes[span.scope]
  const dropped = span.droppedAttributes + span.droppedEvents + span.droppedLinks
  return (
    <aside class="panel" aria-label="Span">
      <header>
        <div>
          <p>
            <i class="chip" style={{ background: colourOf(node.service) }} /> {node.service} · {span.kind}
          </p>
          <h2>{labelOf(node)}</h2>
        </div>
        <button
          type="button"
          class={`quiet ${pinned === node ? 'on' : ''}`}
          aria-pressed={pinned === node}
          title="Pin, and compare other spans with it ( p )"
          aria-label="Pin this span to compare others with it"
          onClick={() => onPin(pinned === node ? undefined : node)}
        >
          <CompareIcon />
        </button>
        {close}
      </header>
      <div class="figures">
        <div>
          <small>Duration</small>
          <b>{span.unfinished ? 'never ended' : formatDuration(span.duration)}</b>
        </div>
        <div>
          <small>Own code</small>
          <b>{formatDuration(own)}</b>
        </div>
        <div>
          <small>On critical path</small>
          <b>{formatDuration(critical)}</b>
        </div>
        <div>
          <small>Starts at</small>
          <b>{formatDuration(span.offset)}</b>
        </div>
      </div>
      {span.status === 'error' && exceptions.length === 0 ? (
        <div class="exception">
          <p>
            <ErrorIcon /> <b>failed</b> {span.statusMessage || formatValue(span.attributes['error.type'])}
          </p>
        </div>
      ) : null}
      {exceptions.map((event, i) => (
        <Exception key={i} attributes={event.attributes} />
      ))}
      {Math.abs(early) > 2e6 && early > 0 ? (
        <p class="note">
          Begins {formatDuration(early)} before its caller: the clocks of {node.service} and {node.parent!.service}{' '}
          disagree.
        </p>
      ) : null}
      {dropped > 0 ? (
        <p class="note">
          The sender dropped {span.droppedAttributes} attributes, {span.droppedEvents} events and {span.droppedLinks}{' '}
          links of this span.
        </p>
      ) : null}
      {comparing ? (
        <p class="note">
          Differences from the pinned span, {labelOf(pinned!)} in {pinned!.service} (
          {formatDuration(pinned!.end - pinned!.start)}), are shown.{' '}
          <button type="button" class="link" onClick={() => onPin(undefined)}>
            Unpin
          </button>
        </p>
      ) : null}
      <Section title="Attributes" count={Object.keys(span.attributes).length}>
        <Attributes map={span.attributes} other={comparing} />
      </Section>
      {logs.length > 0 ? (
        <Section title="Logs" count={logs.length}>
          {logs.map((log, i) => (
            <Log key={i} log={log} startNano={trace.startNano} />
          ))}
        </Section>
      ) : null}
      {span.events.length > 0 ? (
        <Section title="Events" count={span.events.length}>
          {span.events.map((event, i) => (
            <div key={i} class="entry">
              <p>
                <b>{event.name}</b> <time>{formatDuration(nanosBetween(trace.startNano, event.nano))}</time>
              </p>
              <Attributes map={event.attributes} prefix="event." />
            </div>
          ))}
        </Section>
      ) : null}
      {span.links.length > 0 ? (
        <Section title="Links" count={span.links.length}>
          {span.links.map((link, i) => (
            <div key={i} class="entry">
              <p>
                <LinkIcon />{' '}
                <a href={pathOf(`/trace/${link.traceId}`, { span: link.spanId })}>
                  {link.traceId.slice(0, 16)}… / {link.spanId}
                </a>
              </p>
              <Attributes map={link.attributes} />
            </div>
          ))}
        </Section>
      ) : null}
      {node.parent?.span ? (
        <p class="prose">
          Called from{' '}
          <button type="button" class="link" onClick={() => onSelect(node.parent!)}>
            {labelOf(node.parent)}
          </button>{' '}
          in {node.parent.service}.
        </p>
      ) : null}
      <Section title="Resource" open={false}>
        <Attributes map={trace.resources[span.resource] ?? {}} prefix="resource." />
      </Section>
      <Section title="Identity" open={false}>
        <dl class="attributes plain">
          {(
            [
              ['span id', span.spanId],
              ['parent id', span.parentSpanId],
              ['trace state', span.traceState],
              ['scope', `${scope?.name ?? ''} ${scope?.version ?? ''}`.trim()],
              ['started', clockTime(Number(span.startNano.slice(0, -6)), true)],
              ['start (ns)', span.startNano],
            ] as const
          )
            .filter(([, value]) => value !== '')
            .map(([name, value]) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd>
                  <span>{value}</span>
                  <span class="actions">
                    <Copy text={value} label={`Copy the ${name}`} />
                  </span>
                </dd>
              </div>
            ))}
        </dl>
      </Section>
    </aside>
  )
}
