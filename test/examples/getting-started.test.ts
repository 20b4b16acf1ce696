import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildSync } from 'esbuild'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '../..')
const page = readFileSync(join(root, 'docs/getting-started.md'), 'utf8')
/** The TypeScript blocks, by the word after the language. */
const snippets = [...page.matchAll(/^```ts (\w+)\n(.*?)^```$/gms)].map(([, name, code]) => ({
  name: name!,
  code: code!,
}))
const drawn = /^```text\n(.*?)^```$/ms.exec(page)![1]!

describe('the getting started page', () => {
  let folder: string

  beforeAll(() => {
    // Inside the project, so that its packages and paths are found.
    mkdirSync(join(root, '.wrangler'), { recursive: true })
    folder = mkdtempSync(join(root, '.wrangler/getting-started-'))
    for (const { name, code } of snippets) writeFileSync(join(folder, `${name}.ts`), code)
    const options = { extends: '../../examples/tsconfig.json', include: ['*.ts'], exclude: [] }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(options))
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  it('has no TypeScript that this test does not know', () => {
    expect(snippets.map(({ name }) => name)).toEqual(['first', 'world', 'bindings', 'exporter'])
    expect(page.match(/^```ts/gm)).toHaveLength(snippets.length)
  })

  it('compiles', { timeout: 60_000 }, () => {
    const tsc = spawnSync(join(root, 'node_modules/.bin/tsc'), ['-p', folder], { encoding: 'utf8' })
    expect(tsc.stdout).toBe('')
    expect(tsc.status).toBe(0)
  })

  it('prints the waterfall it shows', async () => {
    const lines: string[] = []
    const { outputFiles } = buildSync({
      entryPoints: [join(folder, 'first.ts')],
      bundle: true,
      format: 'esm',
      write: false,
    })
    const script = outputFiles[0]!.text
    const worker = {
      name: 'hello',
      modulesRoot: '/',
      modules: [{ type: 'ESModule', path: '/worker.mjs', contents: script }],
      compatibilityDate: '2026-11-01',
    }
    const printed = Promise.withResolvers<void>()
    const miniflare = new Miniflare(
      convertV4MiniflareOptions({
        cf: false,
        workers: [worker],
        handleStructuredLogs: ({ message }: { message: string }) => {
          lines.push(...message.split('\n'))
          if (message.includes('compose greeting')) printed.resolve()
        },
      } as never),
    )
    try {
      const answer = await miniflare.dispatchFetch('http://localhost:8787/?name=Ariadne')
      expect(await answer.text()).toBe('Χαῖρε, Ariadne!\n')
      await printed.promise
    } finally {
      await miniflare.dispose()
    }
    expect(outline(lines.slice(-4))).toEqual(outline(drawn.trimEnd().split('\n')))
  })
})

/** Without what differs from run to run: ids, numbers, bars. */
const outline = (lines: readonly string[]): string[] =>
  lines.map((line) =>
    line
      .replace(/[\da-f]{32}/, 'ID')
      .replace(/\d+(?:\.\d+)? ms/g, 'N ms')
      .replace(/[█▏▎▍▌▋▊▉]+/g, 'BAR')
      .replace(/ +/g, ' ')
      .trimEnd(),
  )
