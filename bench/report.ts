// In: the results of one run. Out: tables: on the terminal, and as the page docs/benchmarks.md.
// Must stay true: every row that was measured is shown, lost or won; ratios come before times.
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Verdict } from './budgets.ts'
import type { Figure, Figures } from './rounds.ts'

export interface Results {
  readonly name: string
  readonly date: string
  readonly node: string
  readonly cpu: string
  readonly rounds: number
  /** How long the run took, all its parts together. */
  readonly seconds: number
  /** Of everything that was measured, or that measured. */
  readonly versions: Readonly<Record<string, string>>
  readonly quick: boolean
  readonly figures: Figures
}

interface Section {
  readonly prefix: string
  readonly title: string
  readonly unit?: string
  readonly about?: string
}

const SECTIONS: readonly Section[] = [
  { prefix: 'span/', title: 'A span: start a child, record, end (buffered, Node)', unit: 'ns' },
  { prefix: 'memory/', title: 'Memory of a span with five attributes', unit: 'bytes' },
  {
    prefix: 'encode/',
    title: 'Encoding, per span; an event on every fifth; text flattened as `fetch` needs it',
    unit: 'ns',
  },
  {
    prefix: 'request/',
    title: 'A request: root, ten children, encode where it leaves',
    unit: 'ns',
    about:
      '`unsampled`: the head sampler says no, nothing is recorded. `record only`: recorded, not sent. `tail-dropped`: recorded, and a tail sampler says no at the end. effect turns a span into OTLP objects when it ends, so its encoders have less to do; Sentry writes an envelope of its own.',
  },
  {
    prefix: 'growth/',
    title: 'How a request grows: recorded and encoded, Node',
    unit: 'µs',
    about:
      'The exponent is the slope of cost over size on logarithms, by least squares, without the smallest size, which hides growth behind what any request costs. 1 is linear, 2 quadratic; caches and the collector of garbage make it a little more than 1 for anybody.',
  },
  { prefix: 'gzip/', title: 'gzip, per span: in Node the time until it is there, in workerd CPU time', unit: 'ns' },
  {
    prefix: 'propagate',
    title: 'Extract and inject W3C Trace Context',
    unit: 'ns',
    about:
      'From and into a plain object, by each library’s own getter: clew’s finds a name in any letter case, as hosts hand headers over, the others only as it is written. `node bench/propagate.ts` gives both the same carriers, and so compares the formats alone.',
  },
  { prefix: 'decide/', title: 'Sampling decisions a second: more is better' },
  {
    prefix: 'load/',
    title: 'In workerd: handler span, five children, one upstream fetch, one POST',
    about:
      'CPU is user and system time of all threads of workerd, from the kernel, over bursts of 400 requests, of which the calm ones count (the lower quartile). `post` is `plain` and an untraced POST with as many bytes and headers as clew’s. Load is 16 connections, of wrk where time is measured; `alone` is one connection, so that nobody waits for a turn. Client, upstream and collector share the machine’s cores with workerd: requests a second say less than CPU time does.',
  },
  {
    prefix: 'resident/',
    title: 'Resident memory of workerd',
    about: 'An isolate’s heap grows until V8 thinks it worth collecting; what a leak adds goes on growing.',
  },
  {
    prefix: 'cold/',
    title: 'A fresh isolate in workerd, a Worker that answers "hello"',
    about:
      'First response: from the request to its answer, the isolate being made in between. CPU: of workerd, until 25 ms after the answer, so that the first export is in it.',
  },
  {
    prefix: 'size/',
    title: 'The bundle of a Worker that answers "hello"',
    about: 'As wrangler bundles it, gzip -9. See `npm run size` for other sets of imports.',
  },
  { prefix: 'heap/', title: 'Heap kept a request after collection, Node', unit: 'bytes' },
  {
    prefix: 'lambda/',
    title: 'What flushing adds to a Lambda function',
    about: 'Under the runtime interface client that AWS uses, with a collector that answers after 50 ms.',
  },
]

export function summary(results: Results, verdicts: readonly Verdict[]): string {
  const lines = verdicts.map(({ budget, measured, limit, kind, holds }) => {
    const word = holds === undefined ? '–' : holds ? 'holds' : 'MISSED'
    return `${word.padEnd(8)}${number(measured).padStart(9)}  (${kind} ${number(limit)})  ${budget}`
  })
  return `${tables(results)}\n${lines.join('\n')}\n${results.seconds} s`
}

export function markdown(results: Results, verdicts: readonly Verdict[]): string {
  const { name, date, node, cpu, rounds, seconds, versions } = results
  return `# Benchmarks

<!-- Written by \`npm run bench -- --from ${name} --docs\`: edit bench/report.ts instead. -->

What a span, a request and a bundle cost, beside other libraries in the same run. Measured on ${date} with Node
${node.slice(1)} on ${cpu}, ${rounds} rounds in ${Math.ceil(seconds / 60)} minutes: one process a library a round, rounds alternating and each beginning one
library further on; the median of the rounds, and beside it half the distance of the quartiles. What every library
recorded was decoded and compared with what was asked for before it was timed. Only ratios within a table carry over to
another machine or day, and a spread of more than a tenth says that the machine was busy with other things. Rows that are
lost stay in.

\`\`\`sh
npm run bench                          # all of this page, a quarter of an hour
npm run bench -- --quick               # the floor, clew and OpenTelemetry JS 3, under two minutes
npm run bench -- --name ${name} --only load   # one part again, into the same run
npm run size                           # what imports weigh
npm run size -- --why                  # and which module weighs what
node bench/host-calls.ts               # what one call into workerd costs a request
\`\`\`

**The floor** is the least work that still makes correct OTLP: explicit context, pooled ids kept as integers, the caller's
attributes by reference, no limits, no sanitising. It is a yardstick and not a tracer.

Versions: ${Object.entries(versions)
    .map(([what, version]) => `${what} ${version}`)
    .join(', ')}.

## Budgets

| | measured | budget | |
|---|--:|--:|---|
${verdicts
  .map(({ budget, measured, limit, kind, holds }) => {
    const word = holds === undefined ? 'not measured' : holds ? 'holds' : '**missed**'
    return `| ${budget} | ${number(measured)} | ${kind} ${number(limit)} | ${word} |`
  })
  .join('\n')}

${tables(results)}`
}

function tables({ figures }: Results): string {
  return SECTIONS.map((section) => {
    const { prefix, title, unit, about } = section
    const peers = Object.keys(figures).filter((peer) =>
      Object.keys(figures[peer]!).some((row) => row.startsWith(prefix)),
    )
    if (!peers.length) return ''
    const lines = prefix === 'growth/' ? growth(figures, peers) : rowsOf(prefix, figures, peers)
    return [`## ${title}${unit ? `, ${unit}` : ''}`, '', ...(about ? [about, ''] : []), ...lines, ''].join('\n')
  })
    .filter(Boolean)
    .join('\n')
}

function rowsOf(prefix: string, figures: Figures, peers: readonly string[]): string[] {
  const rows = [...new Set(peers.flatMap((peer) => Object.keys(figures[peer]!)))].filter((row) =>
    row.startsWith(prefix),
  )
  const cellOf = (peer: string, row: string): string =>
    cell(figures[peer]![row], figures[peers[0]!]![row], peer === peers[0])
  // Few rows and many peers read better the other way around.
  const isWide = peers.length > 5 && rows.length > 1
  const nameOf = (row: string): string => row.slice(prefix.length) || prefix
  const head = isWide ? rows.map(nameOf) : peers
  const body = isWide
    ? peers.map((peer) => [peer, ...rows.map((row) => cellOf(peer, row))])
    : rows.map((row) => [nameOf(row), ...peers.map((peer) => cellOf(peer, row))])
  return table(['', ...head], body)
}

/** Up to here a cost is called linear in its size: ten times the size costs less than sixteen times as much. */
const LINEAR = 1.2

/** One line an axis and a peer: the cost of each size, the slope, and whether that is linear. */
function growth(figures: Figures, peers: readonly string[]): string[] {
  const rows = Object.keys(figures[peers[0]!]!).filter((row) => row.startsWith('growth/'))
  const axes = [...new Set(rows.map((row) => row.split('/')[1]!))]
  const body = axes.flatMap((axis) =>
    peers.map((peer) => {
      const of = (size: string): number => figures[peer]![`growth/${axis}/${size}`]?.median ?? Number.NaN
      const sizes = rows.flatMap((row) => (row.startsWith(`growth/${axis}/`) ? [row.split('/')[2]!] : []))
      const costs = sizes.filter((size) => size !== 'exponent')
      const slope = of('exponent')
      return [
        axis,
        peer,
        costs.map((size) => `${Number(size).toLocaleString('en')}: ${number(of(size))}`).join(' · '),
        slope.toFixed(2),
        slope <= LINEAR ? 'yes' : '**no**',
      ]
    }),
  )
  return table(['what grows', '', 'size: cost', 'exponent', 'linear'], body)
}

function table(head: readonly string[], body: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [
    line(head),
    `|---|${head
      .slice(1)
      .map(() => '--:')
      .join('|')}|`,
    ...body.map(line),
  ]
}

/** `2.1 × (240 ±3 %)`: the ratio to the first column comes first. */
function cell(figure: Figure | undefined, first: Figure | undefined, isFirst: boolean): string {
  if (!figure) return '–'
  const value = `${number(figure.median)}${figure.spread >= 0.005 ? ` ±${Math.round(figure.spread * 100)} %` : ''}`
  const ratio = first && first.median > 0 && figure.median > 0 ? figure.median / first.median : Number.NaN
  return isFirst || !Number.isFinite(ratio)
    ? value
    : `${ratio < 10 ? ratio.toFixed(2) : Math.round(ratio)} × (${value})`
}

function number(value: number): string {
  if (!Number.isFinite(value)) return '–'
  const size = Math.abs(value)
  return size >= 100 ? Math.round(value).toLocaleString('en') : size >= 10 ? value.toFixed(1) : value.toFixed(2)
}

/** What was measured, and what measured it. */
export function versions(): Record<string, string> {
  const require = createRequire(import.meta.url)
  const found: Record<string, string> = {}
  for (const tool of ['workerd', 'esbuild'])
    found[tool] = (require(`${tool}/package.json`) as { version: string }).version
  const wrk = spawnSync('wrk', ['-v'], { encoding: 'utf8' })
  if (!wrk.error) found['wrk'] = /wrk (?:\w+\/)?([\w.-]+)/.exec(wrk.stdout + wrk.stderr)?.[1] ?? '?'
  const here = new URL('.', import.meta.url).pathname
  const folders = readdirSync(`${here}peers`, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  for (const folder of ['.', ...folders.map(({ name }) => `peers/${name}`)]) {
    const { dependencies } = JSON.parse(readFileSync(`${here}${folder}/package.json`, 'utf8'))
    // Of OpenTelemetry's many packages, the one that makes spans.
    for (const [name, version] of Object.entries(dependencies as Record<string, string>))
      if (!name.startsWith('@opentelemetry/') || (/^opentelemetry-/.test(folder.slice(6)) && /sdk-trace/.test(name)))
        found[name] = version
  }
  return found
}
