// In: the documents that show the table. Out: whether it is the suite's own: every promise, every runtime.
// Must stay true: that each is kept is what the suite shows; a broken one fails it, so the table shows none.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { ROOT } from '../runtimes/bundle.ts'
import { documents } from './documents.ts'
import { runHost, table, tableIn } from './run.ts'

it.each(Object.entries(documents))('%s shows every promise in every runtime', (path, shown) => {
  const kept = table(shown.map(({ name }) => ({ host: name, broken: {} })))
  expect(tableIn(readFileSync(join(ROOT, path), 'utf8')), 'npm run conformance -- --write').toBe(kept)
})

it('reports what did not run as not run, and what broke as broken', async () => {
  const missing = await runHost({ name: 'absent', missing: 'not installed', start: () => Promise.reject() })
  const failing = await runHost({ name: 'failing', start: () => Promise.reject(new Error('no')) })
  const broken = { host: 'broken', broken: { 'parents across awaits': 'no parent' } }
  const [, , row] = table([missing, failing, broken]).split('\n')
  expect(row).toBe('| parents across awaits | – | – | **broken** |')
  expect(table([missing, failing])).not.toContain('✓')
})
