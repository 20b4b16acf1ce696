// In: a fixture's name and its Miniflare options. Out: it runs in workerd, without compatibility flags.
import { buildSync } from 'esbuild'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'

export function bundle(entry: string): string {
  const { outputFiles } = buildSync({
    entryPoints: [new URL(`fixtures/${entry}`, import.meta.url).pathname],
    bundle: true,
    format: 'esm',
    target: 'es2022',
    conditions: ['workerd', 'worker'],
    external: ['cloudflare:*'],
    tsconfigRaw: {
      compilerOptions: { paths: { 'clew/*': [new URL('../../src/*.ts', import.meta.url).pathname] } },
    } as never,
    alias: {
      'clew/flush': new URL('../../src/flush.ts', import.meta.url).pathname,
      'clew/workers': new URL('../../src/workers.ts', import.meta.url).pathname,
      clew: new URL('../../src/index.ts', import.meta.url).pathname,
    },
    write: false,
  })
  return outputFiles[0]!.text
}

export interface Fixture {
  readonly name: string
  /** A file under fixtures. */
  readonly entry: string
  readonly [option: string]: unknown
}

/** One instance with these Workers; the first one answers. */
export const workerd = (...workers: Fixture[]): Promise<Miniflare> => start({}, workers)

/** The same, with options for the whole instance. */
export async function start(shared: object, workers: readonly Fixture[]): Promise<Miniflare> {
  const options = workers.map(({ entry, ...rest }) => ({
    modulesRoot: '/w',
    modules: [{ type: 'ESModule', path: '/w/index.mjs', contents: bundle(entry) }],
    compatibilityDate: '2026-07-28',
    ...rest,
  }))
  const miniflare = new Miniflare(convertV4MiniflareOptions({ ...shared, cf: false, workers: options } as never))
  await miniflare.ready
  return miniflare
}
