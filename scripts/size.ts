// In: the sets of imports in size-budgets.ts. Out: what a bundler makes of each of them, in bytes.
// Must stay true: bundled as wrangler bundles a Worker (ESM, conditions workerd, worker, browser), minified, from src.
//
//   npm run size                    every set against its budget; exit 1 when one is over
//   npm run size -- --why [SET]     what each module costs a set (a part of its name or a file; default: the first)
//   npm run size -- --json          the same figures as data
//   npm run size -- --write         writes the README's table
import { readFileSync, writeFileSync } from 'node:fs'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { type BuildOptions, build, type Metafile, type Plugin } from 'esbuild'
import { BUDGETS, type SizeBudget } from './size-budgets.ts'

/** Bytes of one bundle. */
export interface Size {
  readonly min: number
  readonly gzip: number
  readonly brotli: number
}

/** What one module adds to a bundle. */
export interface ModuleCost {
  readonly module: string
  /** Its own minified bytes. */
  readonly min: number
  /** Bytes of gzip that go away when the module is replaced by empty exports, with all that only it imports. */
  readonly gzip: number
}

const ROOT = new URL('..', import.meta.url).pathname
const START = '<!-- size:begin -->'
const END = '<!-- size:end -->'

export async function measure(entry: SizeBudget['entry']): Promise<Size> {
  return sizeOf((await bundle(entry)).code)
}

/** Every module of the bundle with what it costs, dearest first. */
export async function explain(entry: SizeBudget['entry']): Promise<readonly ModuleCost[]> {
  const whole = await bundle(entry)
  const all = sizeOf(whole.code).gzip
  const [output] = Object.values(whole.metafile.outputs)
  const costs: ModuleCost[] = []
  for (const [module, { bytesInOutput }] of Object.entries(output!.inputs)) {
    if (bytesInOutput === 0 || !module.startsWith('src/')) continue
    const without = await bundle(entry, [await stub(module)])
    costs.push({ module, min: bytesInOutput, gzip: all - sizeOf(without.code).gzip })
  }
  return costs.sort((a, b) => b.gzip - a.gzip)
}

/** The README's table, markers included. Kilobytes are 1,000 bytes. */
export async function table(): Promise<string> {
  const rows = ['| what a Worker imports | minified | gzip | brotli |', '|---|--:|--:|--:|']
  for (const { name, entry } of BUDGETS.filter(({ shown }) => shown)) {
    const { min, gzip, brotli } = await measure(entry)
    rows.push(`| ${name} | ${kilobytes(min)} | ${kilobytes(gzip)} | ${kilobytes(brotli)} |`)
  }
  return `${START}\n${rows.join('\n')}\n${END}`
}

/** The table in a README, markers included; nothing where there is none. */
export function tableIn(readme: string): string | undefined {
  const from = readme.indexOf(START)
  const to = readme.indexOf(END)
  return from < 0 || to < from ? undefined : readme.slice(from, to + END.length)
}

/** A bundle as text, and of what it was made. */
export interface Bundle {
  readonly code: string
  readonly metafile: Metafile
}

export async function bundle(entry: SizeBudget['entry'], plugins: Plugin[] = []): Promise<Bundle> {
  const from: BuildOptions =
    'file' in entry ? { entryPoints: [entry.file] } : { stdin: { contents: entry.source, resolveDir: ROOT } }
  const { outputFiles, metafile } = await build({
    ...from,
    absWorkingDir: ROOT,
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2024',
    conditions: ['workerd', 'worker', 'browser'],
    // What the host has, and what the user's app has anyway.
    external: ['node:*', 'cloudflare:*', 'hono', 'hono/*'],
    legalComments: 'none',
    // Its `paths` lead `clew` to the sources: nothing has to be built first.
    tsconfig: 'tsconfig.json',
    outdir: 'out',
    write: false,
    metafile: true,
    logLevel: 'error',
    plugins,
  })
  return { code: outputFiles![0]!.text, metafile: metafile! }
}

/** A module with the same exports and nothing behind them: `let`, because constants would be folded into their users. */
async function stub(module: string): Promise<Plugin> {
  const { metafile } = await build({
    entryPoints: [module],
    absWorkingDir: ROOT,
    format: 'esm',
    outdir: 'out',
    write: false,
    metafile: true,
  })
  const { exports } = Object.values(metafile.outputs)[0]!
  const contents = exports.length ? `let _; export { ${exports.map((name) => `_ as ${name}`).join(', ')} }` : ''
  return {
    name: 'stub',
    setup(build) {
      build.onLoad({ filter: /\.ts$/ }, ({ path }) => (path === ROOT + module ? { contents } : undefined))
    },
  }
}

function sizeOf(code: string): Size {
  return {
    min: Buffer.byteLength(code),
    gzip: gzipSync(code, { level: 9 }).length,
    brotli: brotliCompressSync(code).length,
  }
}

const kilobytes = (bytes: number): string => `${(bytes / 1000).toFixed(1)} kB`

const count = (bytes: number): string => bytes.toLocaleString('en').padStart(8)

async function printBudgets(): Promise<void> {
  console.log(`${'min'.padStart(8)}${'gzip'.padStart(8)}${'brotli'.padStart(8)}${'budget'.padStart(8)}  (gzip)`)
  for (const { name, entry, gzip: budget, aim } of BUDGETS) {
    const size = await measure(entry).catch(() => undefined)
    if (!size) {
      console.log(`${' '.repeat(32)}  ${name}  DOES NOT BUILD`)
      process.exitCode = 1
      continue
    }
    const { min, gzip, brotli } = size
    const over = gzip > budget ? `  OVER by ${gzip - budget}` : ''
    const wanted = aim ? `  (aim ${aim.toLocaleString('en')}: ${(gzip - aim).toLocaleString('en')} to go)` : ''
    console.log(`${count(min)}${count(gzip)}${count(brotli)}${count(budget)}  ${name}${wanted}${over}`)
    if (over) process.exitCode = 1
  }
}

async function printWhy(wanted: string): Promise<void> {
  const set = BUDGETS.find(({ name }) => name.includes(wanted)) ?? { name: wanted, entry: { file: wanted } }
  const { min, gzip, brotli } = await measure(set.entry)
  console.log(`${set.name}: ${min} min, ${gzip} gzip, ${brotli} brotli`)
  console.log(`${'min'.padStart(8)}${'gzip'.padStart(8)}  (saved without the module and what only it imports)`)
  for (const cost of await explain(set.entry)) console.log(`${count(cost.min)}${count(cost.gzip)}  ${cost.module}`)
}

async function writeReadme(): Promise<void> {
  const path = `${ROOT}README.md`
  const readme = readFileSync(path, 'utf8')
  const old = tableIn(readme)
  if (old === undefined) throw new Error(`README.md has no ${START} … ${END}`)
  writeFileSync(path, readme.replace(old, await table()))
}

if (import.meta.main) {
  const [mode, argument = ''] = process.argv.slice(2)
  if (mode === '--why') await printWhy(argument)
  else if (mode === '--write') await writeReadme()
  else if (mode === '--json')
    console.log(
      JSON.stringify(
        await Promise.all(BUDGETS.map(async (set) => ({ ...set, size: await measure(set.entry) }))),
        undefined,
        2,
      ),
    )
  else await printBudgets()
}
