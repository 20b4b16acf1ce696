// In: package-lock.json. Out: the same, with an entry for every optional package of another platform.
// Must stay true: npm leaves out what its registry does not have for other platforms, and then `npm ci` refuses the
// lockfile. Run `npm run lock` after `npm install`; test/tidy.test.ts tells when it is due.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

interface Entry {
  version: string
  optionalDependencies?: Record<string, string>
  license?: string
  [field: string]: unknown
}

export interface Lockfile {
  packages: Record<string, Entry>
}

const EXACT = /^\d[\w.+-]*$/

/** Adds what is missing, in place; the places of what was added. */
export function complete({ packages }: Lockfile): string[] {
  const added: string[] = []
  for (const [owner, { optionalDependencies = {}, license }] of Object.entries(packages))
    for (const [name, version] of Object.entries(optionalDependencies)) {
      if (!EXACT.test(version) || packages[found(packages, owner, name) ?? '']?.version === version) continue
      const place = beside(owner, name)
      const other = packages[place]
      // Another version sits where this one belongs: it moves beside those who want it.
      if (other)
        for (const [user, entry] of Object.entries(packages))
          if (user !== owner && entry.optionalDependencies?.[name] === other.version)
            packages[`${user}/node_modules/${name}`] = other
      packages[place] = { version, ...platformOf(name), dev: true, ...(license && { license }), optional: true }
      added.push(`${place}@${version}`)
    }
  return added
}

/** Where a package stands that is installed beside its owner. */
const beside = (owner: string, name: string): string =>
  `${owner.slice(0, owner.lastIndexOf('node_modules/'))}node_modules/${name}`

/** Where Node would find `name` for the package at `owner`: in its own folder of modules, or in one above. */
function found(packages: Lockfile['packages'], owner: string, name: string): string | undefined {
  const above = owner
    .split('/node_modules/')
    .map((_, depth, parts) => parts.slice(0, parts.length - depth).join('/node_modules/'))
  return [...above.map((at) => `${at}/node_modules/${name}`), `node_modules/${name}`].find((place) => packages[place])
}

/** What the name of a platform's package says of it. */
function platformOf(name: string): { os: string[]; cpu: string[]; libc?: string[] } {
  const os = /(android|darwin|linux|win32|windows|freebsd|netbsd|openbsd|sunos|aix)/.exec(name)?.[1] ?? 'linux'
  const cpu = /(arm64|x64|ia32|arm|64)(?:-|$)/.exec(name.split(os)[1] ?? '')?.[1] ?? 'x64'
  return {
    os: [os === 'windows' ? 'win32' : os],
    cpu: [cpu === '64' ? 'x64' : cpu],
    ...(name.endsWith('-musl') && { libc: ['musl'] }),
  }
}

/** Every lockfile of the repository. */
export const LOCKFILES: readonly string[] = [
  'package-lock.json',
  'test/runtimes/package-lock.json',
  'test/clients/package-lock.json',
]

if (process.argv[1] === import.meta.filename)
  for (const name of LOCKFILES) {
    const path = join(import.meta.dirname, '..', name)
    const lockfile = JSON.parse(readFileSync(path, 'utf8')) as Lockfile
    const added = complete(lockfile)
    const { '': top, ...packages } = lockfile.packages
    lockfile.packages = Object.fromEntries([
      ['', top!] as const,
      ...Object.entries(packages).sort(([a], [b]) => (a < b ? -1 : 1)),
    ])
    writeFileSync(path, `${JSON.stringify(lockfile, null, 2)}\n`)
    console.log(`${name}: ${added.length ? added.join(', ') : 'complete'}`)
  }
