// In: the runtimes that are installed. Out: the table of promises by runtime, and what broke.
// `--write` puts the table into the documents that show it. The exit code tells of broken promises, not of absent runtimes.
import { readFileSync, writeFileSync } from 'node:fs'
import { hosts } from '../test/conformance/hosts/hosts.ts'
import { runHost, table, withTable } from '../test/conformance/run.ts'

const outcomes = []
for (const host of hosts) {
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
  for (const path of ['README.md', 'docs/runtimes.md']) {
    const url = new URL(`../${path}`, import.meta.url)
    try {
      writeFileSync(url, withTable(readFileSync(url, 'utf8'), table(outcomes)))
    } catch {
      console.error(`${path} is not there`)
    }
  }
}
process.exit(outcomes.some(({ broken }) => Object.keys(broken).length > 0) ? 1 : 0)
