// In: the source of the library. Out: the rules of the house that a machine can check.
// Each class of defect that was once found becomes a check here.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import packageJson from '../package.json' with { type: 'json' }
import { complete, LOCKFILES } from '../scripts/complete-lockfile.ts'
import { VERSION } from '../src/runtime/version.ts'

const root = join(import.meta.dirname, '..')

function filesIn(folder: string, ending: RegExp): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((path) => join(folder, path))
    .filter((path) => ending.test(path) && !/node_modules|\/dist\//.test(path))
    .sort()
}

const sources = filesIn('src', /\.ts$/).map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }))

/** What a file may import, from right to left of the data flow. */
const LAYERS = ['propagate', 'flush', 'sampling', 'runtime']

/** Packages whose types the adapters speak: optional peers. */
const TYPES = Object.keys(packageJson.peerDependencies).map((name) => name.replace('@types/', ''))

/**
 * State of the isolate that is no request's, each with its bound: the last value of a cache of one, the one buffer that
 * every message is written into, and the tracers that listen for the end of the process.
 */
const SHARED: Readonly<Record<string, number>> = {
  'src/flush/bytes.ts': 3,
  'src/flush/json.ts': 1,
  'src/propagate/traceparent.ts': 2,
}

const MADE_ONCE = /lambda\/extension|runtime\/testing\/|flush\/memory/

const layerOf = (path: string): number => LAYERS.indexOf(path.split('/')[1] ?? '')

/** What is for one host, or a few. Everything else in `src/runtime` is for all of them. */
const HOST = /^src\/runtime\/(?:cloudflare|hosts|lambda)\//

/** What tells hosts apart by itself. */
const KNOWS_HOSTS: readonly string[] = ['src/runtime/hono.ts', 'src/runtime/metrics.ts', 'src/runtime/otel/ambient.ts']

function importsOf(text: string): string[] {
  return [...text.matchAll(/^(?:import|export)\b[^'"]*?from\s+['"]([^'"]+)['"]|^import\s+['"]([^'"]+)['"]/gm)].map(
    (match) => match[1] ?? match[2] ?? '',
  )
}

/** Without comments and strings, for what code must not do. */
const codeOf = (text: string): string =>
  text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '').replace(/'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"/g, "''")

describe.each(sources)('$path', ({ path, text }) => {
  test('imports only what stands to its right, and nothing of a host', () => {
    for (const target of importsOf(text)) {
      if (!target.startsWith('.')) {
        // An adapter may use what it adapts to: whoever imports it has it.
        if (path === 'src/runtime/hono.ts' && target.startsWith('hono')) continue
        const line = text.split('\n').find((each) => each.includes(`'${target}'`)) ?? ''
        expect(line, `only types may come from a package: ${target}`).toMatch(/^(?:import|export) type |^} from/)
        expect(TYPES).toContain(target)
        continue
      }
      expect(target).toMatch(/\.ts$/)
      const imported = relative(root, resolve(root, dirname(path), target))
      expect(imported, 'no door is imported from within').toContain('/')
      if (HOST.test(imported) && path.startsWith('src/runtime/') && !HOST.test(path) && !KNOWS_HOSTS.includes(path)) {
        const statement = text
          .split(`'${target}'`)[0]!
          .split(/^(?=import|export)/m)
          .at(-1)
        expect(statement, `no host's code comes into the core: ${imported}`).toMatch(/^(?:import|export) type /)
      }
      if (layerOf(path) >= 0) expect(layerOf(imported), `${path} → ${imported}`).toBeLessThanOrEqual(layerOf(path))
    }
  })

  test('begins by saying what comes in, what goes out and what must stay true', () => {
    const header = /^(?:\/\/.*\n)+/.exec(text)?.[0] ?? ''
    const lines = header.trim().split('\n').length
    expect(lines, 'a header of one to seven lines').toBeLessThanOrEqual(7)
    if (layerOf(path) >= 0) {
      expect(header).toMatch(/In: /)
      expect(header).toMatch(/Out: /)
    } else expect(header).not.toBe('')
  })

  test('fits in one head', () => expect(text.split('\n').length).toBeLessThanOrEqual(400))

  test('has no default export, no any, no enum, no ignored type error', () => {
    const code = codeOf(text)
    expect(code).not.toMatch(/^export default/m)
    expect(code).not.toMatch(/[:<,(|&]\s*any\b|\bas any\b/)
    expect(code).not.toMatch(/^\s*(?:export )?(?:const )?enum /m)
    expect(text).not.toMatch(/@ts-(?:ignore|nocheck)|TODO|FIXME/)
  })

  test('keeps no mutable state at module scope but what is bounded or weak', () => {
    const lets = [...codeOf(text).matchAll(/^let .*/gm)].map(([line]) => line)
    expect(lets).toHaveLength(SHARED[path] ?? 0)
    for (const [line] of codeOf(text).matchAll(/^(?:export )?const .*= new (?:Map|Set|Array)\b.*$/gm))
      expect(line, 'a Map or Set at module scope grows with what an isolate sees').toMatch(/new Set(?:\(\[|<Stop>)/)
  })

  // Each such literal has a hidden class of its own, whose accessor keeps all it closes over, an invocation's spans with it,
  // until the next full collection; and no inline cache sees the same class twice. Objects made once may have them.
  test.skipIf(MADE_ONCE.test(path))('gives no object literal a getter', () =>
    expect(text).not.toMatch(/^ {4,}[gs]et \w+\(/m),
  )

  test('touches no clock, randomness or timer while it is evaluated', () => {
    const moduleScope = codeOf(text)
      .split('\n')
      .filter((line) => /^(?:export )?const [\w$]+(?:: [^=]+)? = (?!.*=>)/.test(line))
    for (const line of moduleScope)
      expect(line).not.toMatch(
        /Date\.now\(|performance\.|Math\.random\(|crypto\.|setTimeout\(|new (?:Response|AbortController|TransformStream|CompressionStream|TextEncoder|TextDecoder)/,
      )
  })
})

test('folders are imported only by doors and by those to their left; there is no folder more', () => {
  const folders = readdirSync(join(root, 'src'), { withFileTypes: true }).filter((entry) => entry.isDirectory())
  expect(folders.map((entry) => entry.name).sort()).toEqual([...LAYERS].sort())
})

test('every door is a subpath of the package, and every subpath a door', () => {
  const doors = filesIn('src', /^src\/[\w-]+\.ts$/).map((path) => `./${path.slice(4, -3)}`.replace('./index', '.'))
  const subpaths = Object.keys(packageJson.exports).filter((path) => path !== './package.json')
  expect(subpaths.sort()).toEqual(doors.sort())
})

test('the version that telemetry names is the version of the package', () => expect(VERSION).toBe(packageJson.version))

test('the library has no dependency, and every other version is exact', () => {
  expect(packageJson).not.toHaveProperty('dependencies')
  for (const version of Object.values(packageJson.devDependencies)) expect(version).toMatch(/^(?:npm:[\w@/-]+@)?\d/)
})

test.each(LOCKFILES)('%s has an entry for every platform, so that npm ci takes it (npm run lock mends it)', (path) => {
  expect(complete(JSON.parse(readFileSync(join(root, path), 'utf8')))).toEqual([])
})

test('no file names a registry host, or a path of a machine', () => {
  const lock = readFileSync(join(root, 'package-lock.json'), 'utf8')
  expect(lock).not.toMatch(/"resolved": "https?:/)
  const documents = [...filesIn('.', /^[^/]*\.(?:md|json|toml)$/), ...filesIn('docs', /\.md$/)]
  for (const path of documents.filter((each) => !each.includes('lock')))
    expect(readFileSync(join(root, path), 'utf8'), path).not.toMatch(/\/(?:work|tmp|root)\/|\.\.\/shared/)
})
