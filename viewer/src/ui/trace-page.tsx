// In: a trace id, and in the address the chosen span. Out: the trace: what a colleague would say of it, and its waterfall.
// Must stay true: the address alone restores the view; what arrives later joins without moving what is chosen.
import type { JSX } from 'preact'
import { useEffect, useLayoutEffect, useMemo, useState } from 'preact/hooks'
import { type Finding, findingsOf, mainRoot } from '../analysis/findings.ts'
import { formatDuration } from '../analysis/format.ts'
import { covered } from '../analysis/patterns.ts'
import { criticalPath, type PathSegment } from '../analysis/timing.ts'
import { type Node, treeOf } from '../analysis/tree.ts'
import type { TraceView } from '../model.ts'
import { useApi } from './api.ts'
import { isTyping } from './app.tsx'
import { Copy } from './clipboard.tsx'
import { colourOf, learnServices } from './colour.ts'
import { CompareChoice } from './compare-choice.tsx'
import { embeddedTrace } from './embedded.ts'
import { Findings } from './findings-list.tsx'
import { ErrorIcon } from './icons.tsx'
import { outline } from './outline.ts'
import { adjust, parameter, pathOf } from './router.ts'
import type { Zoom } from './ruler.tsx'
import { SpanPanel } from './span-panel.tsx'
import { clockTime } from './time.ts'
import { Waterfall } from './waterfall.tsx'

const Trace = ({ trace }: { trace: TraceView }): JSX.Element => {
  const tree = useMemo(() => treeOf(trace), [trace])
  const findings = useMemo(() => findingsOf(trace, tree), [tree])
  const root = useMemo(() => mainRoot(tree), [tree])
  const path = useMemo(() => {
    const byNode = new Map<Node, PathSegment[]>()
    if (root)
      for (const segment of criticalPath(root)) byNode.set(segment.node, [...(byNode.get(segment.node) ?? []), segment])
    return byNode
  }, [root])
  const [foldedKeys, setFolded] = useState<ReadonlySet<string>>(new Set())
  const [zoom, setZoom] = useState<Zoom | undefined>(undefined)
  const [showPath, setShowPath] = useState(true)
  const [showLogs, setShowLogs] = useState(trace.logs.length <= 200)
  const [chosen, choose] = useState<Finding | undefined>(undefined)
  const [pinnedKey, setPinned] = useState('')
  const shared = embeddedTrace() !== undefined
  const query = parameter('q')
  const { data: matches } = useApi<readonly string[]>(
    query === '' || shared ? undefined : pathOf(`/api/traces/${trace.traceId}/matches`, { q: query }),
    true,
  )

  const key = (node: Node): string => `${node.spanId} ${node.service}`
  const byKey = useMemo(() => new Map(tree.nodes.map((node) => [key(node), node])), [tree])
  const folded = useMemo(() => new Set([...foldedKeys].flatMap((k) => byKey.get(k) ?? [])), [foldedKeys, byKey])
  const wanted = parameter('span')
  const selected = useMemo(
    () => tree.nodes.find((node) => node.spanId === wanted && (parameter('service') || node.service) === node.service),
    [tree, wanted],
  )
  const pinned = byKey.get(pinnedKey)
  const rows = useMemo(
    () => outline(tree, folded, showLogs ? trace.logs : [], trace.startNano),
    [tree, folded, showLogs],
  )

  const fold = (node: Node, isFolded: boolean): void => {
    const next = new Set(foldedKeys)
    if (isFolded) next.add(key(node))
    else next.delete(key(node))
    setFolded(next)
  }
  const select = (node: Node | undefined): void => {
    if (node === undefined) {
      adjust({ span: undefined })
      return
    }
    // What is chosen is always in sight: its folded ancestors open.
    const next = new Set(foldedKeys)
    for (let up = node.parent; up !== undefined; up = up.parent) next.delete(key(up))
    if (next.size !== foldedKeys.size) setFolded(next)
    adjust({ span: node.spanId })
  }

  useLayoutEffect(() => {
    document.title = root ? `${root.name} ${formatDuration(tree.duration)} · clew` : 'clew'
    const onKey = (event: KeyboardEvent): void => {
      if (isTyping(event) || event.metaKey || event.ctrlKey) return
      if (event.key === 'c') setShowPath(!showPath)
      else if (event.key === 'l') setShowLogs(!showLogs)
      else if (event.key === 'p' && selected) setPinned(pinned === selected ? '' : key(selected))
      else if (event.key === 'Escape' && selected && !document.querySelector('dialog[open]')) select(undefined)
      else return
      event.preventDefault()
    }
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  })

  useEffect(() => learnServices(trace.spans.map((span) => span.service)), [trace])
  const services = useMemo(() => {
    const nodes = new Map<string, Node[]>()
    for (const node of tree.nodes) if (node.span) nodes.set(node.service, [...(nodes.get(node.service) ?? []), node])
    return [...nodes].map(([service, own]) => ({ service, count: own.length, time: covered(own) }))
  }, [tree])
  const errors = trace.spans.filter((span) => span.status === 'error').length
  const marked = useMemo(() => new Set(chosen?.spanIds ?? matches ?? []), [chosen, matches])
  const critical = selected
    ? (path.get(selected)?.reduce((sum, segment) => sum + segment.end - segment.start, 0) ?? 0)
    : 0
  const failed = root?.span?.status === 'error'

  return (
    <div class="page trace">
      <header class="title">
        <div>
          <p class="crumbs">
            {shared ? null : (
              <>
                <a href={pathOf('/', { q: query })}>Traces</a> /{' '}
              </>
            )}
            <code>{trace.traceId}</code> <Copy text={trace.traceId} label="Copy the trace id" />
          </p>
          <h1>
            {failed ? (
              <span class="failed" role="img" aria-label="failed">
                <ErrorIcon />
              </span>
            ) : null}
            {root ? (
              <>
                <span class="service">{root.service}</span> {root.span ? root.name : 'trace without its root'}
              </>
            ) : (
              'logs only'
            )}
          </h1>
        </div>
        <dl class="figures">
          <div>
            <dt>Duration</dt>
            <dd>{formatDuration(root?.span ? root.end - root.start : tree.duration)}</dd>
          </div>
          <div>
            <dt>Spans</dt>
            <dd>{trace.spans.length}</dd>
          </div>
          <div>
            <dt>Errors</dt>
            <dd class={errors > 0 ? 'failed' : ''}>{errors}</dd>
          </div>
          <div>
            <dt>Started</dt>
            <dd>{clockTime(Number(trace.startNano.slice(0, -6)))}</dd>
          </div>
        </dl>
        {shared ? null : (
          <div class="actions">
            {root?.span ? <CompareChoice trace={trace} root={root} /> : null}
            <Copy text={location.href} label="Copy a link to this view">
              Copy link
            </Copy>
            <a class="token" href={`/api/traces/${trace.traceId}/otlp`} download={`trace-${trace.traceId}.json`}>
              OTLP/JSON
            </a>
            <a class="token" href={`/api/traces/${trace.traceId}/html`} download={`trace-${trace.traceId}.html`}>
              Share as a file
            </a>
          </div>
        )}
      </header>
      <Findings
        findings={findings}
        chosen={chosen}
        onChoose={(finding) => {
          choose(finding)
          const first = finding && tree.nodes.find((node) => node.spanId === finding.spanIds[0])
          if (first) select(first)
        }}
      />
      <div class="bar">
        <ul class="services" aria-label="Services">
          {services.map(({ service, count, time }) => (
            <li key={service}>
              <i class="chip" style={{ background: colourOf(service) }} /> {service}{' '}
              <small>
                {count} · {formatDuration(time)}
              </small>
            </li>
          ))}
        </ul>
        <span class="grow" />
        <span class="hint">
          <i class="sample own" /> own code <i class="sample calls" /> in calls
        </span>
        <button type="button" class="token" aria-pressed={showPath} onClick={() => setShowPath(!showPath)} title="c">
          <i class="sample path" /> Critical path
        </button>
        {trace.logs.length > 0 ? (
          <button type="button" class="token" aria-pressed={showLogs} onClick={() => setShowLogs(!showLogs)} title="l">
            Logs <small>{trace.logs.length}</small>
          </button>
        ) : null}
        <button
          type="button"
          class="token"
          onClick={() =>
            setFolded(
              foldedKeys.size > 0
                ? new Set()
                : new Set(tree.nodes.filter((node) => node.children.length > 0 && node.depth > 0).map(key)),
            )
          }
        >
          {foldedKeys.size > 0 ? 'Unfold all' : 'Fold all'}
        </button>
      </div>
      <div class={`split ${selected ? 'open' : ''}`}>
        <Waterfall
          tree={tree}
          rows={rows}
          startNano={trace.startNano}
          path={path}
          showPath={showPath}
          marked={marked}
          dimOthers={chosen !== undefined}
          pinned={pinned}
          selected={selected}
          zoom={zoom ?? { from: 0, to: Math.max(1, tree.duration) }}
          onZoom={setZoom}
          onSelect={select}
          onFold={fold}
        />
        {selected ? (
          <SpanPanel
            trace={trace}
            node={selected}
            critical={critical}
            pinned={pinned}
            onPin={(node) => setPinned(node ? key(node) : '')}
            onSelect={select}
            onClose={() => select(undefined)}
          />
        ) : null}
      </div>
    </div>
  )
}

export const TracePage = ({ traceId }: { traceId: string }): JSX.Element => {
  const embedded = embeddedTrace()
  const { data, failure } = useApi<TraceView>(embedded ? undefined : `/api/traces/${traceId}`)
  const [kept, keep] = useState<TraceView | undefined>(embedded)
  useEffect(() => {
    // Other traces arriving ask for this one again; only a new revision draws it anew.
    if (data && data.revision !== kept?.revision) keep(data)
  }, [data])
  if (kept !== undefined) return <Trace trace={kept} />
  return failure ? (
    <div class="empty">
      <h2>This trace is not here</h2>
      <p>
        <code>{traceId}</code> has not arrived, or was removed to make room. It appears here as soon as one of its spans
        does.
      </p>
      <p>
        <a href="/">All traces</a>
      </p>
    </div>
  ) : (
    <div class="empty" aria-busy="true" />
  )
}
