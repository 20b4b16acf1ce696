// In: two traces. Out: one tree of both, bars side by side on one scale, and what differs.
import type { JSX } from 'preact'
import { useLayoutEffect, useMemo } from 'preact/hooks'
import { comparePairs, differences, type Pair } from '../analysis/compare.ts'
import { formatDuration, formatValue } from '../analysis/format.ts'
import { labelOf } from '../analysis/label.ts'
import type { Node } from '../analysis/tree.ts'
import type { TraceView } from '../model.ts'
import { useApi } from './api.ts'
import { isTyping } from './app.tsx'
import { colourOf } from './colour.ts'
import { ErrorIcon } from './icons.tsx'
import { adjust, parameter } from './router.ts'
import { Virtual } from './virtual.tsx'

const ROW = 27
const INDENT = 14
/** A difference below this share of the slower trace is noise. */
const NOISE = 0.02

const nodeOf = (pair: Pair): Node => (pair.a ?? pair.b)!

const Change = ({ pair, whole }: { pair: Pair; whole: number }): JSX.Element => {
  if (pair.a === undefined) return <b class="slower">only in B</b>
  if (pair.b === undefined) return <b class="faster">only in A</b>
  const delta = pair.delta ?? 0
  if (Math.abs(delta) < whole * NOISE) return <span class="dim">≈</span>
  return delta > 0 ? (
    <b class="slower">▲ +{formatDuration(delta)}</b>
  ) : (
    <b class="faster">▼ −{formatDuration(-delta)}</b>
  )
}

const Bar = ({ node, whole }: { node: Node | undefined; whole: number }): JSX.Element => {
  if (node === undefined) return <div role="gridcell" class="time" />
  const left = (node.start / whole) * 100
  const right = (node.end / whole) * 100
  const place = right < 80 ? 'after' : left > 20 ? 'before' : 'inside'
  return (
    <div role="gridcell" class="time">
      <div
        class={`bar solid ${node.span?.status === 'error' ? 'failed' : ''}`}
        style={{ left: `${left}%`, width: `max(2px, ${right - left}%)`, '--colour': colourOf(node.service) }}
      />
      <span
        class={`length ${place}`}
        style={
          place === 'after'
            ? { left: `${right}%` }
            : place === 'before'
              ? { right: `${100 - left}%` }
              : { left: `${left}%` }
        }
      >
        {formatDuration(node.end - node.start)}
      </span>
    </div>
  )
}

const Difference = ({ pair }: { pair: Pair }): JSX.Element => {
  const found = differences(pair.a, pair.b)
  const node = nodeOf(pair)
  return (
    <aside class="panel" aria-label="Difference">
      <header>
        <div>
          <p>
            <i class="chip" style={{ background: colourOf(node.service) }} /> {node.service}
          </p>
          <h2>{labelOf(node)}</h2>
        </div>
      </header>
      {found.length === 0 ? <p class="prose">The attributes of both are the same.</p> : null}
      <table class="table">
        <thead>
          <tr>
            <th scope="col">Attribute</th>
            <th scope="col">A</th>
            <th scope="col">B</th>
          </tr>
        </thead>
        <tbody>
          {found.map(({ key, a, b }) => (
            <tr key={key}>
              <th scope="row">{key}</th>
              <td>{a === undefined ? <em>absent</em> : formatValue(a)}</td>
              <td>{b === undefined ? <em>absent</em> : formatValue(b)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </aside>
  )
}

const Comparison = ({ a, b }: { a: TraceView; b: TraceView }): JSX.Element => {
  const pairs = useMemo(() => comparePairs(a, b), [a, b])
  const whole = Math.max(1, ...pairs.map((pair) => Math.max(pair.a?.end ?? 0, pair.b?.end ?? 0)))
  const chosen = Number(parameter('row') || -1)
  const changes = pairs
    .map((pair, index) => ({
      pair,
      index,
      size: pair.delta ?? (pair.b ? pair.b.end - pair.b.start : -(pair.a!.end - pair.a!.start)),
    }))
    .filter(({ pair, size }) => pair.children.length === 0 && Math.abs(size) >= whole * NOISE)
    .toSorted((left, right) => Math.abs(right.size) - Math.abs(left.size))
    .slice(0, 3)
  const choose = (index: number): void => adjust({ row: index < 0 ? undefined : String(index) })

  useLayoutEffect(() => {
    document.title = 'Compare · clew'
    const onKey = (event: KeyboardEvent): void => {
      if (isTyping(event) || event.metaKey || event.ctrlKey) return
      const step = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[event.key]
      if (step !== undefined) choose(Math.max(0, Math.min(pairs.length - 1, chosen + step)))
      else if (event.key === 'Escape') choose(-1)
      else return
      event.preventDefault()
    }
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  })

  const title = (name: string, trace: TraceView): JSX.Element => (
    <a class="side" href={`/trace/${trace.traceId}`}>
      <b>{name}</b> <code>{trace.traceId.slice(0, 12)}…</code> {formatDuration(trace.duration)} · {trace.spans.length}{' '}
      spans
    </a>
  )
  return (
    <div class="page compare">
      <header class="title">
        <h1>
          {pairs[0] ? nodeOf(pairs[0]).service : ''} {pairs[0] ? labelOf(nodeOf(pairs[0])) : ''}
        </h1>
        {title('A', a)}
        {title('B', b)}
        <a class="token" href={`/compare/${b.traceId}/${a.traceId}`}>
          ⇄ Swap
        </a>
      </header>
      {changes.length > 0 ? (
        <section class="findings" aria-label="Largest differences">
          <ul>
            {changes.map(({ pair, index, size }) => (
              <li key={index}>
                <button type="button" aria-pressed={chosen === index} onClick={() => choose(index)}>
                  <b class={`mark ${size > 0 ? 'error' : 'late'}`}>{size > 0 ? 'Slower' : 'Faster'}</b>
                  <span>
                    <strong>
                      {labelOf(nodeOf(pair))} in {nodeOf(pair).service} {size > 0 ? 'took' : 'saved'}{' '}
                      {formatDuration(Math.abs(size))} {size > 0 ? 'more' : ''} in B
                    </strong>
                    <small>
                      {pair.a ? formatDuration(pair.a.end - pair.a.start) : 'absent'} in A,{' '}
                      {pair.b ? formatDuration(pair.b.end - pair.b.start) : 'absent'} in B.
                    </small>
                  </span>
                </button>
              </li>
            ))}
          </ul>
        </section>
      ) : null}
      <div class={`split ${chosen >= 0 ? 'open' : ''}`}>
        <Virtual
          frame="waterfall pairs"
          role="treegrid"
          aria-label="Both traces"
          tabIndex={0}
          count={pairs.length}
          rowHeight={ROW}
          reveal={chosen}
          head={
            <div class="row head">
              <div class="name">Span</div>
              <div class="change">B against A</div>
              <div class="time">A</div>
              <div class="time">B</div>
            </div>
          }
          render={(index) => {
            const pair = pairs[index]!
            const node = nodeOf(pair)
            const failed = pair.a?.span?.status === 'error' || pair.b?.span?.status === 'error'
            return (
              <div
                key={index}
                class={`row ${index === chosen ? 'selected' : ''}`}
                role="row"
                aria-level={pair.depth + 1}
                aria-selected={index === chosen}
                onClick={() => choose(index)}
              >
                <div role="gridcell" class="name">
                  <span class="guides" style={{ width: `${pair.depth * INDENT}px` }} />
                  <span class="leaf" />
                  {failed ? (
                    <span
                      class="failed"
                      title={`failed in ${pair.a?.span?.status === 'error' ? 'A' : ''}${pair.b?.span?.status === 'error' ? 'B' : ''}`}
                    >
                      <ErrorIcon />
                    </span>
                  ) : null}
                  <i class="chip" style={{ background: colourOf(node.service) }} />
                  <span class="service">{node.service}</span> <span class="label">{labelOf(node)}</span>
                </div>
                <div role="gridcell" class="change">
                  <Change pair={pair} whole={whole} />
                </div>
                <Bar node={pair.a} whole={whole} />
                <Bar node={pair.b} whole={whole} />
              </div>
            )
          }}
        />
        {pairs[chosen] ? <Difference pair={pairs[chosen]} /> : null}
      </div>
    </div>
  )
}

export const ComparePage = ({ a, b }: { a: string; b: string }): JSX.Element => {
  const left = useApi<TraceView>(`/api/traces/${a}`, true)
  const right = useApi<TraceView>(`/api/traces/${b}`, true)
  if (left.data && right.data) return <Comparison a={left.data} b={right.data} />
  const failure = left.failure ?? right.failure
  return <div class="empty">{failure ? <h2>One of these traces is not here any more</h2> : null}</div>
}
