// In: a Worker in TypeScript with every mistake. Out: what oxlint says of it and makes of it, in a process of its own.
import { execFile } from 'node:child_process'
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'clew-lint-'))
  await copyFile(join(import.meta.dirname, 'fixtures/worker.txt'), join(folder, 'worker.ts'))
  await writeFile(
    join(folder, '.oxlintrc.json'),
    JSON.stringify({
      jsPlugins: [{ name: 'clew', specifier: join(root, 'packages/eslint-plugin-clew/src/index.ts') }],
      categories: { correctness: 'off' },
      rules: { 'clew/no-global-fetch': 'error', 'clew/no-unthreaded-env': 'error', 'clew/no-outer-span': 'error' },
    }),
  )
})
afterAll(() => rm(folder, { recursive: true }))

const oxlint = async (...args: string[]): Promise<string> => {
  const path = `${join(root, 'node_modules/.bin')}:${process.env['PATH']}`
  const { stdout } = await promisify(execFile)(join(root, 'node_modules/.bin/oxlint'), [...args, '.'], {
    cwd: folder,
    env: { ...process.env, PATH: path },
  }).catch((error: { stdout: string }) => error)
  return stdout
}

test('finds every mistake, where it is', async () => {
  const { diagnostics } = JSON.parse(await oxlint('--format=json')) as {
    diagnostics: { code: string; labels: { span: { line: number } }[] }[]
  }
  const found = diagnostics.map(({ code, labels }) => `${labels[0]!.span.line} ${code}`).sort()
  expect(found).toEqual([
    '19 clew(no-global-fetch)',
    '22 clew(no-unthreaded-env)',
    '23 clew(no-outer-span)',
    '26 clew(no-outer-span)',
    '35 clew(no-global-fetch)',
  ])
})

test('corrects what can be corrected safely', async () => {
  await oxlint('--fix')
  const fixed = await readFile(join(folder, 'worker.ts'), 'utf8')
  expect(fixed).toContain("const quote = await span.fetch('https://rates.example/')")
  expect(fixed).toContain("await child.env.DB.prepare('select 1').first()")
  expect(fixed).toContain("await child.fetch('https://tax.example/')")
  expect(fixed).toContain("'notify', async (span) => span.fetch('https://notify.example/')")
  expect(fixed).toContain('return fetch(span.title)')
})
