// In: the name of a package that only some machines can have. Out: where it is, or why it is not.
// Must stay true: a runtime that is not there is reported as not run, never as passed.
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const HERE = fileURLToPath(new URL('.', import.meta.url))

/** Path of a file in a package of `test/runtimes/package.json`, or nothing where it could not be installed. */
export function inRuntimes(path: string): string | undefined {
  const file = `${HERE}node_modules/${path}`
  return existsSync(file) ? file : undefined
}

/** Path of a package of `test/clients/package.json`. */
export function inClients(name: string): string | undefined {
  const file = `${HERE}../clients/node_modules/${name}`
  return existsSync(file) ? file : undefined
}

/** What a test that cannot run says. */
export const NOT_INSTALLED = 'not installed: node scripts/runtimes.ts'
