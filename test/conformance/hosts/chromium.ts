// In: Chromium. Out: the program in a service worker, asked by a page that asks us what to ask.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { bundle, scratch } from '../../runtimes/bundle.ts'
import type { Answer, Host } from '../host.ts'
import { LEAVING } from '../promises.ts'

const binary = [
  process.env['CHROMIUM'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find((path) => path !== undefined && existsSync(path))

/** A browser that is not to look for anybody but us. */
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-dev-shm-usage',
]

const PAGE = `<!doctype html><title>conformance</title><script src="/page/page.js"></script><script type="module">
await navigator.serviceWorker.register('/page/worker.js', { scope: '/' })
await navigator.serviceWorker.ready
if (!navigator.serviceWorker.controller)
  await new Promise((resolve) => navigator.serviceWorker.addEventListener('controllerchange', resolve))
for (;;) {
  const { id, path, headers } = await (await fetch('/driver/next')).json()
  ask(path, headers).then((answer) => fetch('/driver/answer/' + id, { method: 'POST', body: JSON.stringify(answer) }))
}
async function ask(path, headers) {
  try {
    if (path.startsWith('/page/'))
      return { status: 200, headers: {}, body: await act(headers.traceparent, path === '/page/leave') }
    const response = await fetch(path, { headers })
    return { status: response.status, headers: Object.fromEntries(response.headers), body: await response.text() }
  } catch {
    return { status: 500, headers: {}, body: '' }
  }
}
</script>`

export const chromium: Host = {
  name: 'Chromium',
  without: { [LEAVING]: 'a service worker hears nothing of it' },
  ...(!binary && { missing: 'not installed: apt-get install chromium' }),
  async start(world) {
    const questions: object[] = []
    const waiting: ServerResponse[] = []
    const answers = new Map<string, (answer: Answer) => void>()
    let count = 0
    const give = (): void => {
      while (questions.length > 0 && waiting.length > 0) waiting.shift()!.end(JSON.stringify(questions.shift()))
    }
    const server = createServer(async (request, response) => {
      const { url = '' } = request
      if (url === '/page') response.setHeader('content-type', 'text/html').end(PAGE)
      else if (url === '/page/page.js') response.setHeader('content-type', 'text/javascript').end(page)
      else if (url === '/page/worker.js')
        response.writeHead(200, { 'content-type': 'text/javascript', 'service-worker-allowed': '/' }).end(program)
      else if (url === '/driver/next') {
        waiting.push(response)
        give()
      } else if (url.startsWith('/driver/answer/')) {
        let body = ''
        for await (const chunk of request) body += chunk
        answers.get(url.slice('/driver/answer/'.length))?.(JSON.parse(body))
        response.end()
      } else if (url.startsWith('/collector')) {
        // The collector is another origin's; this one speaks for the page.
        const chunks: Buffer[] = []
        for await (const chunk of request) chunks.push(chunk)
        const target = world.collector.url + url.slice('/collector'.length)
        const headers = { 'content-type': request.headers['content-type'] ?? '' }
        const answer = await fetch(target, { method: 'POST', headers, body: Buffer.concat(chunks) })
        response.writeHead(answer.status).end(await answer.text())
      } else response.writeHead(404).end()
    })
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const [program, page] = await Promise.all(
      ['browser.ts', 'page.ts'].map((entry) =>
        bundle(new URL(`../entries/${entry}`, import.meta.url).pathname, {
          define: { ...world.define, COLLECTOR_URL: `${origin}/collector` },
          format: 'iife',
        }),
      ),
    )
    const { path: profile, remove } = await scratch()
    const child = spawn(binary!, [...FLAGS, `--user-data-dir=${profile}`, `${origin}/page`], { stdio: 'ignore' })
    const exited = new Promise<void>((resolve) => child.on('exit', () => resolve()))
    return {
      request: (path, headers = {}) =>
        new Promise((resolve) => {
          const id = String(++count)
          answers.set(id, resolve)
          questions.push({ id, path, headers })
          give()
        }),
      async stop() {
        child.kill('SIGTERM')
        await exited
        server.closeAllConnections()
        await new Promise((resolve) => server.close(resolve))
        await remove()
      },
    }
  },
}
