// In: the documents that show the table. Out: whether it is the suite's own: every promise, every runtime.
// Must stay true: that each is kept is what the suite shows; a broken one fails it, so the table shows none.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { ROOT } from '../runtimes/bundle.ts'
import { documents, everywhere } from './documents.ts'
import { promises } from './promises.ts'
import { runHost, table, tableIn } from './run.ts'

it.each(Object.entries(documents))('%s shows every promise in every runtime', (path, shown) => {
  const kept = table(shown.map(({ name, without = {} }) => ({ host: name, broken: {}, without })))
  expect(tableIn(readFileSync(join(ROOT, path), 'utf8')), 'npm run conformance -- --write').toBe(kept)
})

it('knows every promise that a host is without', () => {
  const names = new Set(promises.map(({ name }) => name))
  for (const { without = {} } of everywhere) for (const name of Object.keys(without)) expect(names).toContain(name)
})

it('reports what did not run as not run, and what broke as broken', async () => {
  const missing = await runHost({ name: 'absent', missing: 'not installed', start: () => Promise.reject() })
  const failing = await runHost({ name: 'failing', start: () => Promise.reject(new Error('no')) })
  const without = { host: 'without', broken: {}, without: { 'parents across awaits': 'no await there' } }
  const broken = { host: 'broken', broken: { 'parents across awaits': 'no parent' } }
  const [, , row] = table([missing, failing, broken, without]).split('\n')
  expect(row).toBe('| parents across awaits | – | – | **broken** | – |')
  expect(table([missing, failing])).not.toContain('✓')
})
