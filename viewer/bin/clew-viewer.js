#!/usr/bin/env node
// In: the command line. Out: the viewer, from its sources in a checkout, from its bundle in a published package.
// Must stay true: an old Node is told what is missing, not shown a syntax error.
import { existsSync } from 'node:fs'

const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 18)) {
  console.error(`clew-viewer needs Node 22.18 or later for its SQLite; this is ${process.versions.node}.`)
  process.exit(2)
}
const source = new URL('../src/cli/cli.ts', import.meta.url)
const { main } = await import(existsSync(source) ? source.href : new URL('../dist/cli.js', import.meta.url).href)
await main()
