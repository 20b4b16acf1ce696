// The app's behaviour, run with clew and without, on both lines of workerd: compared byte by byte.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { app, LINES, type Running, run } from './harness.ts'

const PATHS =
  'kv kv-error r2 d1 d1-error jobs service rpc rpc-arguments objects room room-alarm room-more flow flow-batch limit points secret cache identity failures order alarm-retries throw none'.split(
    ' ',
  )

describe.each(LINES)('workerd %s', (line) => {
  let traced: Running
  let plain: Running
  beforeAll(async () => {
    ;[traced, plain] = await Promise.all([
      run(line, (collector) => app(collector, 'traced')),
      run(line, (collector) => app(collector, 'plain')),
    ])
  })
  afterAll(() => Promise.all([traced?.close(), plain?.close()]))

  const both = async <T>(ask: (running: Running) => Promise<T>): Promise<[T, T]> => [
    await ask(traced),
    await ask(plain),
  ]

  it.each(PATHS)('answers /%s as it does without clew', async (path) => {
    const [with_, without] = await both(({ miniflare }) => answer(miniflare, `/${path}`))
    expect(with_).toEqual(without)
    expect(without.status).toBe(/error|throw/.test(path) ? 500 : path === 'none' ? 404 : 200)
  })

  it.each(['* * * * *', '9 9 9 9 9'])('runs %s with the outcome it has without clew', async (cron) => {
    const [with_, without] = await both(async ({ miniflare }) => {
      const front = await miniflare.getWorker('front')
      return front.scheduled({ cron, scheduledTime: new Date(0) })
    })
    expect(with_).toEqual(without)
    expect(without.outcome).toBe(cron === '9 9 9 9 9' ? 'exception' : 'ok')
  })

  it.each<[string, readonly unknown[]]>([
    ['acknowledges', ['one', 'three']],
    ['retries', [{ fail: true }, 'three']],
    ['fails', ['one', 'throw', 'three']],
  ])('%s a batch as it does without clew', async (_, bodies) => {
    const [with_, without] = await both(async ({ miniflare }) => {
      const back = await miniflare.getWorker('back')
      const messages = bodies.map((body, n) => ({ id: String(n), timestamp: new Date(0), body, attempts: 1 }))
      return back.queue('jobs', messages as never)
    })
    expect(with_).toEqual(without)
    expect(without.outcome).toBe(bodies.includes('throw') ? 'exception' : 'ok')
  })

  it.each(['somebody', 'nobody', 'broken'])('takes a mail to %s as it does without clew', async (to) => {
    const path = `/cdn-cgi/${line === '2026-07' ? 'handler' : 'local'}/email?from=a@example.com&to=${to}@example.com`
    const body = `From: a@example.com\r\nTo: ${to}@example.com\r\nMessage-ID: <1@example.com>\r\nSubject: hi\r\n\r\nhello`
    const [with_, without] = await both(({ miniflare }) => answer(miniflare, path, { method: 'POST', body }))
    expect(with_).toEqual(without)
  })

  it('answers a socket as it does without clew: messages, an error, the close', async () => {
    const [with_, without] = await both(async ({ miniflare }) => {
      const response = await miniflare.dispatchFetch('http://front/socket', { headers: { upgrade: 'websocket' } })
      const socket = response.webSocket!
      const heard: unknown[] = [response.status]
      const closed = new Promise<void>((resolve) => {
        socket.addEventListener('message', ({ data }) => heard.push(data))
        socket.addEventListener('close', ({ code, reason }) => {
          heard.push(code, reason)
          resolve()
        })
      })
      socket.accept()
      for (const word of ['one', 'two', 'fail', 'three']) socket.send(word)
      socket.send(new Uint8Array([1, 2]))
      socket.close(4000, 'enough')
      await closed
      return heard
    })
    expect(with_).toEqual(without)
    expect(without.slice(0, 3)).toEqual([101, 'u:one:tag', 'u:two:tag'])
  })
})

async function answer(miniflare: Running['miniflare'], path: string, init?: RequestInit) {
  const response = await miniflare.dispatchFetch(`http://front${path}`, init as never)
  const headers = [...response.headers].filter(([name]) => name !== 'date')
  const body = await response.text()
  // An error page of Miniflare's prints the stack, which has our frames in it: its first line is the app's.
  return { status: response.status, headers, body: response.status === 500 ? body.split('\n')[0] : body }
}
