// In: a compatibility date and flags. Out: the program in workerd, as Cloudflare runs it.
import { createRequire } from 'node:module'
import { bundle } from '../../runtimes/bundle.ts'
import { type Host, requestTo } from '../host.ts'

interface Miniflare {
  readonly ready: Promise<URL>
  dispose(): Promise<void>
}
interface Module {
  readonly Miniflare: new (options: object) => Miniflare
  convertV4MiniflareOptions?(options: object): object
}

export function workerd(name: string, packageName: string, compatibilityDate: string, flags: readonly string[]): Host {
  return {
    name,
    async start(world) {
      const contents = await bundle(new URL('../entries/workerd.ts', import.meta.url).pathname, {
        define: world.define,
        conditions: ['workerd', 'worker'],
      })
      const { Miniflare, convertV4MiniflareOptions } = createRequire(import.meta.url)(packageName) as Module
      const options = {
        workers: [
          {
            name: 'program',
            modulesRoot: '/program',
            modules: [{ type: 'ESModule', path: '/program/index.mjs', contents }],
            compatibilityDate,
            compatibilityFlags: [...flags],
          },
        ],
        host: '127.0.0.1',
        port: 0,
        handleRuntimeStdio() {},
      }
      const miniflare = new Miniflare(convertV4MiniflareOptions?.(options) ?? options)
      const url = await miniflare.ready
      return {
        url: url.origin,
        request: (path, headers) => requestTo(url.origin, path, headers),
        stop: () => miniflare.dispose(),
      }
    },
  }
}
