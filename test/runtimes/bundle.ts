// In: a TypeScript program. Out: one JavaScript file that any runtime loads, as its users would bundle it.
// Must stay true: nothing of the host is taken into the bundle: `node:` and `cloudflare:` stay what they are, imports.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type BuildOptions, build } from 'esbuild'

export const ROOT: string = fileURLToPath(new URL('../..', import.meta.url))

/** Bundles `entry`; `define` replaces global names by JSON values. */
export async function bundle(
  entry: string,
  { define = {}, ...options }: Omit<BuildOptions, 'define'> & { readonly define?: Record<string, unknown> } = {},
): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    external: ['node:*', 'cloudflare:*'],
    tsconfig: join(ROOT, 'tsconfig.json'),
    logLevel: 'error',
    define: Object.fromEntries(Object.entries(define).map(([name, value]) => [name, JSON.stringify(value)])),
    ...options,
  })
  return outputFiles![0]!.text
}

/** A directory of one's own, and how to remove it. */
export async function scratch(): Promise<{ readonly path: string; readonly remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'clew-'))
  return { path, remove: () => rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }) }
}
