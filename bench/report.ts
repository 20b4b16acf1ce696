// In: the results of one run. Out: tables: on the terminal, and as the page docs/benchmarks.md.
// Must stay true: every row that was measured is shown, lost or won; ratios come before times.
import type { Verdict } from './budgets.ts'
import type { Figure, Figures } from './rounds.ts'

export interface Results {
  readonly name: string
  readonly date: string
  readonly node: string
  readonly cpu: string
  readonly rounds: number
  readonly quick: boolean
  readonly figures: Figures
}

const SECTIONS: readonly (readonly [prefix: string, title: string, unit: string])[] = [
  ['span/', 'A span: start a child, record, end (buffered, Node)', 'ns'],
  ['memory/', 'Memory of a span with five attributes', 'bytes'],
  ['encode/', 'Encoding, per span; an event on every fifth; text flattened as `fetch` needs it', 'ns'],
  ['request/', 'A request: root, ten children, encode', 'ns'],
  ['propagate', 'Extract and inject W3C Trace Context', 'ns'],
  ['decide', 'One decision of a parent-based ratio sampler', 'ns'],
  ['load/', 'In workerd: handler span, five children, one upstream fetch, one POST', ''],
  ['cold/', 'A fresh isolate in workerd, a Worker that answers "hello"', ''],
  ['heap/', 'Heap kept a request after collection', 'bytes'],
]

export function summary(results: Results, verdicts: readonly Verdict[]): string {
  const lines = verdicts.map(
    ({ budget, measured, limit, holds }) =>
      `${`${holds ? 'holds' : 'MISSED'}`.padEnd(8)}${number(measured).padStart(9)}  (${number(limit)})  ${budget}`,
  )
  return `${tables(results)}\n${lines.join('\n')}`
}

export function markdown(results: Results, verdicts: readonly Verdict[]): string {
  const { name, date, node, cpu, rounds } = results
  return `# Benchmarks

<!-- Written by \`npm run bench -- --from ${name} --docs\`: edit bench/report.ts instead. -->

What a span, a request and a bundle cost, beside other libraries in the same run. Measured on ${date} with Node
${node.slice(1)} on ${cpu}, ${rounds} rounds: one process a library a round, rounds alternating and each beginning one
library further on; the median of the rounds, and beside it half the distance of the quartiles. What every library
recorded was decoded and compared with what was asked for before it was timed. Only ratios within a table carry over to
another machine or day, and a spread of more than a tenth says that the machine was busy with other things.

\`\`\`sh
npm run bench                # all of this page
npm run bench -- --quick     # the floor, clew and OpenTelemetry JS 3, under two minutes
npm run size                 # what imports weigh
npm run size -- --why        # and which module weighs what
\`\`\`

**The floor** is the least work that still makes correct OTLP: explicit context, pooled ids kept as integers, the caller's
attributes by reference, no limits, no sanitising. It is a yardstick and not a tracer.

## Budgets

| | measured | budget | |
|---|--:|--:|---|
${verdicts.map(({ budget, measured, limit, holds }) => `| ${budget} | ${number(measured)} | ${number(limit)} | ${holds ? 'holds' : '**missed**'} |`).join('\n')}

${tables(results)}`
}

function tables({ figures }: Results): string {
  return SECTIONS.map(([prefix, title, unit]) => {
    const peers = Object.keys(figures).filter((peer) =>
      Object.keys(figures[peer]!).some((row) => row.startsWith(prefix)),
    )
    if (!peers.length) return ''
    const rows = [...new Set(peers.flatMap((peer) => Object.keys(figures[peer]!)))].filter((row) =>
      row.startsWith(prefix),
    )
    const cells = (row: string): string[] =>
      peers.map((peer) => cell(figures[peer]![row], figures[peers[0]!]![row], peer === peers[0]))
    // Few rows and many peers read better the other way around.
    const isWide = peers.length > 5 && rows.length > 1
    const head = isWide ? rows.map((row) => row.slice(prefix.length)) : peers
    const body = isWide
      ? peers.map((peer) => [
          peer,
          ...rows.map((row) => cell(figures[peer]![row], figures[peers[0]!]![row], peer === peers[0])),
        ])
      : rows.map((row) => [row.slice(prefix.length) || prefix, ...cells(row)])
    return [
      `## ${title}${unit && `, ${unit}`}`,
      '',
      `| | ${head.join(' | ')} |`,
      `|---|${head.map(() => '--:').join('|')}|`,
      ...body.map((line) => `| ${line.join(' | ')} |`),
      '',
    ].join('\n')
  })
    .filter(Boolean)
    .join('\n')
}

/** `2.1 × (240 ±3 %)`: the ratio to the first column comes first. */
function cell(figure: Figure | undefined, first: Figure | undefined, isFirst: boolean): string {
  if (!figure) return '–'
  const value = `${number(figure.median)}${figure.spread >= 0.005 ? ` ±${Math.round(figure.spread * 100)} %` : ''}`
  const ratio = first?.median ? figure.median / first.median : Number.NaN
  return isFirst || !Number.isFinite(ratio)
    ? value
    : `${ratio < 10 ? ratio.toFixed(2) : Math.round(ratio)} × (${value})`
}

function number(value: number): string {
  if (!Number.isFinite(value)) return '–'
  const size = Math.abs(value)
  return size >= 100 ? Math.round(value).toLocaleString('en') : size >= 10 ? value.toFixed(1) : value.toFixed(2)
}
