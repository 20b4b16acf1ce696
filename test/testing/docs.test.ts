// In: the pages on logs, privacy, OpenTelemetry and testing. Out: whether their code compiles, and the recipes do as told.
import { execFile } from 'node:child_process'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const run = promisify(execFile)
const folder = 'node_modules/.cache/docs-beyond-spans'
const PAGES = ['logs', 'privacy', 'opentelemetry', 'testing']

const pages = await Promise.all(PAGES.map(async (page) => [page, await readFile(`docs/${page}.md`, 'utf8')] as const))
const snippets = pages.flatMap(([page, text]) =>
  [...text.matchAll(/```ts(?: recipe=(\w+))?\n(.*?)```/gs)].map(([, recipe, code], i) => ({
    page,
    i,
    recipe,
    code: code!,
  })),
)

beforeAll(() => mkdir(folder, { recursive: true }))
afterAll(() => rm(folder, { recursive: true, force: true }))

test('the snippets compile', async () => {
  for (const { page, i, code } of snippets) await writeFile(`${folder}/${page}-${i}.ts`, code)
  const config = {
    extends: `${process.cwd()}/tsconfig.json`,
    include: ['*.ts'],
    exclude: [],
    compilerOptions: { isolatedDeclarations: false },
  }
  await writeFile(`${folder}/tsconfig.json`, JSON.stringify(config))
  const { stdout } = await run('node_modules/.bin/tsc', ['-p', folder]).catch((error: { stdout: string }) => error)
  expect(stdout.split('\n').filter((line) => line.includes('docs-beyond-spans'))).toEqual([])
})

describe('the recipes run', () => {
  const output = async (name: string): Promise<string> => {
    const { page, i, code } = snippets.find(({ recipe }) => recipe === name)!
    const { outputFiles } = await build({
      stdin: { contents: code, resolveDir: process.cwd(), loader: 'ts' },
      bundle: true,
      format: 'esm',
      platform: 'node',
      external: ['pino', 'winston'],
      write: false,
    })
    const file = join(folder, `${page}-${i}.mjs`)
    await writeFile(file, outputFiles[0]!.text)
    const { stdout } = await run('node_modules/.bin/node', [file], { env: { PATH: process.env['PATH'] } })
    return stdout.trim()
  }

  test.each(['pino', 'winston', 'console'])('%s writes the ids and the fields', async (name) => {
    const line = JSON.parse(await output(name))
    expect(line).toMatchObject({
      trace_id: expect.stringMatching(/^[0-9a-f]{32}$/),
      span_id: expect.stringMatching(/^[0-9a-f]{16}$/),
      trace_flags: '03',
      decline_reason: 'expired',
    })
    expect(line.msg ?? line.message).toBe('payment declined')
  })

  test.each(['kit', 'collector'])('%s prints what the page says', async (name) => {
    const text = pages.find(([page]) => page === 'testing')![1]
    const said = new RegExp(`\`\`\`ts recipe=${name}\n.*?\`\`\`\n\n\`\`\`\n(.*?)\n\`\`\``, 's').exec(text)![1]
    expect(await output(name)).toBe(said)
  })
})
