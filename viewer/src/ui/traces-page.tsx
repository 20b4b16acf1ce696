// In: a query, a box and an order, all in the address. Out: the traces they mean, as points and as a list.
// Must stay true: the list can be walked and opened by keyboard; the newest arrive on top without moving the selection.
import type { JSX } from 'preact'
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import { formatCount, formatDuration } from '../analysis/format.ts'
import type { TraceSummary } from '../model.ts'
import type { Box, Order, SearchResult } from '../store/search.ts'
import { type Failure, useApi } from './api.ts'
import { isTyping } from './app.tsx'
import { colourOf } from './colour.ts'
import { ErrorIcon } from './icons.tsx'
import { adjust, go, here, parameter, pathOf } from './router.ts'
import { Scatter } from './scatter.tsx'
import { SearchBox } from './search-box.tsx'
import { ago, clockTime } from './time.ts'
import { Virtual } from './virtual.tsx'

const ROW = 44

const boxOf = (text: string): Box | undefined => {
  const [fromMs, toMs, minNanos, maxNanos] = text.split('_').map(Number)
  return text !== '' && [fromMs, toMs, minNanos, maxNanos].every((n) => Number.isFinite(n))
    ? { fromMs: fromMs!, toMs: toMs!, minNanos: minNanos!, maxNanos: maxNanos! }
    : undefined
}

const boxText = (box: Box): string =>
  [box.fromMs, box.toMs, box.minNanos, box.maxNanos].map((n) => Math.round(n)).join('_')

const ORDERS: readonly (readonly [Order, string])[] = [
  ['newest', 'Newest'],
  ['slowest', 'Slowest'],
  ['errors', 'Most errors'],
]

/** Adds a condition to a query, once. */
export const withCondition = (query: string, condition: string): string =>
  query === ''
    ? condition
    : query.includes(condition)
      ? query
      : `${/\bOR\b/i.test(query) ? `(${query})` : query} AND ${condition}`

const Row = ({
  trace,
  selected,
  slowest,
  onSelect,
}: {
  trace: TraceSummary
  selected: boolean
  slowest: number
  onSelect: () => void
}): JSX.Element => {
  const failed = trace.status === 'error'
  const href = pathOf(`/trace/${trace.traceId}`, { q: parameter('q'), span: trace.matched?.[0] })
  return (
    <div
      class={`trace-row ${selected ? 'selected' : ''}`}
      role="row"
      aria-selected={selected}
      tabIndex={-1}
      id={`trace-${trace.traceId}`}
      onMouseDown={onSelect}
      onClick={(event) => (event.target as Element).closest('a') === null && go(href)}
    >
      <span role="gridcell" class="outcome">
        {failed ? (
          <b class="failed">
            <ErrorIcon /> failed
          </b>
        ) : trace.errors > 0 ? (
          <b class="inside" title={`${trace.errors} failed spans inside; the request itself did not fail`}>
            ▲ {trace.errors} inside
          </b>
        ) : (
          <span class="fine">ok</span>
        )}
      </span>
      <span role="gridcell" class="what">
        <i class="chip" style={{ background: colourOf(trace.service) }} />
        <span class="service">{trace.service}</span>
        <a href={href} tabIndex={-1}>
          {trace.name}
        </a>
        {trace.note === '' ? null : <small>{trace.note}</small>}
        {trace.rootMissing ? <em title="The first span has not arrived">root missing</em> : null}
      </span>
      <span role="gridcell" class="services" title={trace.services.join(', ')}>
        {trace.services.slice(0, 8).map((service) => (
          <i key={service} class="chip" style={{ background: colourOf(service) }} />
        ))}
        {trace.services.length} {trace.services.length === 1 ? 'service' : 'services'}
      </span>
      <span role="gridcell" class="number">
        {formatCount(trace.spans)} <small>spans</small>
      </span>
      <span role="gridcell" class="length">
        <i
          class={failed ? 'failed' : ''}
          style={{ width: `calc((100% - 74px) * ${Math.max(0.02, trace.duration / slowest).toFixed(3)})` }}
        />
        <b>{formatDuration(trace.duration)}</b>
      </span>
      <time role="gridcell" dateTime={new Date(trace.startMs).toISOString()} title={clockTime(trace.startMs, true)}>
        {ago(trace.startMs)}
      </time>
    </div>
  )
}

export const Empty = (): JSX.Element => (
  <div class="empty">
    <h2>No traces yet</h2>
    <p>
      This viewer receives OTLP over HTTP, as JSON or protobuf, from any OpenTelemetry SDK, the Collector, Deno or clew:
    </p>
    <pre>OTEL_EXPORTER_OTLP_ENDPOINT={location.origin}</pre>
    <p>Call your service once, and its trace appears here by itself.</p>
  </div>
)

export const TracesPage = (): JSX.Element => {
  const query = parameter('q')
  const order = (parameter('order') || 'newest') as Order
  const boxParameter = parameter('box')
  const box = boxOf(boxParameter)
  const { data, failure, loading } = useApi<SearchResult>(
    pathOf('/api/search', {
      q: query,
      order,
      ...(box && {
        from: String(box.fromMs),
        to: String(box.toMs),
        min: String(box.minNanos),
        max: String(box.maxNanos),
      }),
    }),
  )
  const [selectedId, select] = useState('')
  const list = useRef<HTMLDivElement>(null)
  const traces = data?.traces ?? []
  const selected = traces.findIndex((trace) => trace.traceId === selectedId)

  useLayoutEffect(() => {
    document.title = query === '' ? 'Traces · clew' : `${query} · clew`
    const onKey = (event: KeyboardEvent): void => {
      if (isTyping(event) || event.metaKey || event.ctrlKey || traces.length === 0) return
      const step = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1, PageDown: 10, PageUp: -10 }[event.key]
      if (step !== undefined) select(traces[Math.max(0, Math.min(traces.length - 1, selected + step))]!.traceId)
      else if (event.key === 'Home') select(traces[0]!.traceId)
      else if (event.key === 'End') select(traces.at(-1)!.traceId)
      else if (event.key === 'Enter' && selected >= 0 && !(event.target instanceof HTMLButtonElement)) {
        const trace = traces[selected]!
        go(pathOf(`/trace/${trace.traceId}`, { q: query, span: trace.matched?.[0] }))
      } else return
      event.preventDefault()
    }
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  })

  const slowest = traces.reduce((most, trace) => Math.max(most, trace.duration), 1)
  const points = data?.points ?? []
  const nothingAtAll = data !== undefined && query === '' && points.length === 0
  const setOrder = (next: Order): void => adjust({ order: next === 'newest' ? undefined : next })
  const queryFailure: Failure | undefined = failure

  return (
    <div class="page traces">
      <h1 class="unseen">Traces</h1>
      <SearchBox query={query} failure={queryFailure} onSearch={(q) => adjust({ q, box: undefined }, false)} />
      {nothingAtAll ? (
        <Empty />
      ) : (
        <>
          <Scatter
            points={points}
            box={box}
            onBox={(next) => adjust({ box: next && boxText(next) })}
            onOpen={(traceId) => go(pathOf(`/trace/${traceId}`, { q: query }))}
          />
          <div class="bar">
            <p aria-live="polite">
              <b>{data === undefined ? '…' : formatCount(data.matched)}</b> {data?.matched === 1 ? 'trace' : 'traces'}
              {data?.more ? ' among the newest' : ''}
              {data && data.matched > traces.length ? `, ${traces.length} listed` : ''}
              {loading ? null : <small> in {Math.max(1, Math.round(data?.tookMs ?? 0))} ms</small>}
            </p>
            {box ? (
              <button type="button" class="token" onClick={() => adjust({ box: undefined })}>
                {formatDuration(box.minNanos)} – {formatDuration(box.maxNanos)}, {clockTime(box.fromMs)} –{' '}
                {clockTime(box.toMs)} ✕
              </button>
            ) : null}
            {data?.widened ? (
              <span class="note">No one span meets all of this; these traces meet it with different spans.</span>
            ) : null}
            <span class="grow" />
            {['status = ERROR', 'duration > 1s'].map((condition) => (
              <button
                key={condition}
                type="button"
                class="token"
                onClick={() => adjust({ q: withCondition(query, condition) }, false)}
              >
                {condition}
              </button>
            ))}
            <span class="choice" role="group" aria-label="Order">
              {ORDERS.map(([value, name]) => (
                <button key={value} type="button" aria-pressed={order === value} onClick={() => setOrder(value)}>
                  {name}
                </button>
              ))}
            </span>
          </div>
          <Virtual
            frame="trace-list"
            role="grid"
            aria-label="Traces"
            aria-rowcount={traces.length}
            tabIndex={0}
            box={list}
            count={traces.length}
            rowHeight={ROW}
            reveal={selected}
            {...(selected >= 0 ? { 'aria-activedescendant': `trace-${selectedId}` } : {})}
            render={(index) => {
              const trace = traces[index]!
              return (
                <Row
                  key={trace.traceId}
                  trace={trace}
                  selected={index === selected}
                  slowest={slowest}
                  onSelect={() => select(trace.traceId)}
                />
              )
            }}
          />
          {data !== undefined && traces.length === 0 ? (
            <p class="none">Nothing matches. {query === '' ? '' : <a href={here.value.pathname}>Show everything</a>}</p>
          ) : null}
        </>
      )}
    </div>
  )
}
