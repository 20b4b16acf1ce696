// In: docs/sampling.md. Out: whether its code compiles and runs, and its tables are whole.
import { execFile } from 'node:child_process'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { afterAll, describe, expect, test } from 'vitest'

const page = await readFile('docs/sampling.md', 'utf8')
const snippets = [...page.matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code!)
const folder = 'node_modules/.cache/docs-sampling'

afterAll(() => rm(folder, { recursive: true, force: true }))

test('the snippets compile', async () => {
  await mkdir(folder, { recursive: true })
  for (const [i, code] of snippets.entries()) await writeFile(`${folder}/${i}.ts`, code)
  const config = {
    extends: `${process.cwd()}/tsconfig.json`,
    include: ['*.ts'],
    exclude: [],
    compilerOptions: { isolatedDeclarations: false },
  }
  await writeFile(`${folder}/tsconfig.json`, JSON.stringify(config))
  const { stdout } = await promisify(execFile)('node_modules/.bin/tsc', ['-p', folder]).catch((error) => error)
  expect(stdout.split('\n').filter((line: string) => line.includes('docs-sampling'))).toEqual([])
})

test.each(snippets.map((code, i) => [i + 1, code] as const))('snippet %d runs', async (_number, contents) => {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: process.cwd(), loader: 'ts' },
    bundle: true,
    format: 'esm',
    write: false,
  })
  const exported = await import(`data:text/javascript,${encodeURIComponent(outputFiles[0]!.text)}`)
  expect(Object.keys(exported)).toHaveLength(1)
})

test('the production setting takes ten lines', () => {
  expect(snippets[0]!.split('\n').filter((line) => line.trim()).length).toBeLessThanOrEqual(10)
})

describe('the table of Collector policies', () => {
  test.each([
    'always_sample',
    'latency',
    'numeric_attribute',
    'probabilistic',
    'status_code',
    'string_attribute',
    'trace_state',
    'trace_flags',
    'rate_limiting',
    'bytes_limiting',
    'span_count',
    'boolean_attribute',
    'ottl_condition',
    'and',
    'not',
    'drop',
    'composite',
  ])('has a counterpart of %s, which is exported', async (name) => {
    const row = page.split('\n').find((line) => line.startsWith(`| \`${name}\` |`))!
    const counterpart = /\| `([a-zA-Z]+)\(/.exec(row)![1]!
    expect(await import('clew/sampling')).toHaveProperty(counterpart)
  })
})
