// In: the runtimes that are installed. Out: the table of promises by runtime, and what broke.
// `--write` puts the table into the documents that show it. The exit code tells of broken promises, not of absent runtimes.
import { readFileSync, writeFileSync } from 'node:fs'
import { documents, everywhere } from '../test/conformance/documents.ts'
import { type Outcome, runHost, table, withTable } from '../test/conformance/run.ts'

const outcomes: Outcome[] = []
for (const host of everywhere) {
  const outcome = await runHost(host)
  outcomes.push(outcome)
  const broken = Object.entries(outcome.broken)
  console.error(`${host.name}: ${outcome.missing ? `not run (${outcome.missing})` : broken.length ? 'BROKEN' : 'kept'}`)
  for (const [name, reason] of broken) console.error(`  ${name}: ${reason}`)
}
console.log(table(outcomes))

const isWhole = outcomes.every(({ missing }) => missing === undefined)
if (process.argv.includes('--write')) {
  if (!isWhole) throw new Error('not every runtime is installed here: the table would be missing some')
  for (const [path, shown] of Object.entries(documents)) {
    const url = new URL(`../${path}`, import.meta.url)
    const told = outcomes.filter(({ host }) => shown.some(({ name }) => name === host))
    writeFileSync(url, withTable(readFileSync(url, 'utf8'), table(told)))
  }
}
process.exit(outcomes.some(({ broken }) => Object.keys(broken).length > 0) ? 1 : 0)
