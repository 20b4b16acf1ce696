// In: the Vercel edge runtime's VM. Out: the program in it: the web's APIs, and nothing of Node's.
import { pathToFileURL } from 'node:url'
import { bundle } from '../../runtimes/bundle.ts'
import { inRuntimes, NOT_INSTALLED } from '../../runtimes/installed.ts'
import type { Host } from '../host.ts'
import { LEAVING } from '../promises.ts'

interface EdgeVM {
  evaluate(code: string): unknown
}

const file = inRuntimes('@edge-runtime/vm/dist/index.js')

export const edge: Host = {
  name: 'Vercel edge',
  without: { [LEAVING]: 'it serves no HTTP' },
  ...(!file && { missing: NOT_INSTALLED }),
  async start(world) {
    const { EdgeVM } = (await import(pathToFileURL(file!).href)) as { EdgeVM: new () => EdgeVM }
    const vm = new EdgeVM()
    const entry = new URL('../entries/edge.ts', import.meta.url).pathname
    vm.evaluate(await bundle(entry, { define: world.define, format: 'iife' }))
    const ask = vm.evaluate(`async (url, headers) => {
      try {
        const response = await answer(new Request(url, { headers }))
        return [response.status, [...response.headers], await response.text()]
      } catch {
        return [500, [], '']
      }
    }`) as (url: string, headers: object) => Promise<[number, [string, string][], string]>
    return {
      async request(path, headers = {}) {
        const [status, list, body] = await ask(`https://edge.example${path}`, headers)
        return { status, headers: Object.fromEntries(list), body }
      },
      async stop() {},
    }
  },
}
