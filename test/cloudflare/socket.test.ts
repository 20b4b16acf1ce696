// A socket that a Worker serves itself: the connection is a span, and its messages point to it.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { plain } from '../collector.ts'
import type { DecodedSpan } from '../otlp-decode.ts'
import { DIRECT, LINES, named, type Running, rawSocket, run, tree, worker } from './harness.ts'

describe.each(LINES)('workerd %s', (line) => {
  let running: Running
  beforeAll(async () => {
    running = await run(line, ({ url }) => [
      worker('socket', 'socket', { bindings: { OTLP_URL: url }, kvNamespaces: ['KV'], ...DIRECT }),
    ])
  })
  afterAll(() => running?.close())

  it('sends the request and each message at once, and the connection when it has closed', async () => {
    const { webSocket: socket } = (await running.miniflare.dispatchFetch('http://socket/', {
      headers: { upgrade: 'websocket' },
    })) as unknown as {
      webSocket: { accept(): void; send(data: string): void; close(code: number): void } & EventTarget
    }
    socket.accept()
    for (const word of ['one', 'two']) {
      const answer = new Promise((resolve) =>
        socket.addEventListener('message', (event) => resolve((event as MessageEvent).data), { once: true }),
      )
      socket.send(word)
      expect(await answer).toBe(`echo ${word}`)
    }
    const { collector } = running
    await collector.until(() => named('GET', 'websocket message', 'websocket message')(collector.spans()))
    expect(collector.spans().map(({ name }) => name)).not.toContain('websocket')
    socket.close(1000)
    expect(tree(await running.spans(named('websocket', 'websocket close')), /close|status_code/)).toBe(
      `
SERVER GET {http.response.status_code=101}
  SERVER websocket {cloudflare.websocket.close.code=1000}
SERVER websocket close <- websocket
SERVER websocket message <- websocket
  CLIENT get KV
SERVER websocket message <- websocket
  CLIENT get KV`.trim(),
    )
  })

  it('records a connection that fails, and ends it', async () => {
    const socket = await rawSocket(running, 'socket', '/')
    const echo = socket.came()
    socket.send('one')
    await echo
    socket.sendInvalid()
    // Another connection's end may be told meanwhile.
    const isOurs = ({ attributes }: DecodedSpan): boolean =>
      /RSV bits 2 or 3 set/.test(String(plain(attributes)['said']))
    const spans = await running.spans(
      (all) => all.some(isOurs) && all.some(({ name, status }) => name === 'websocket' && status?.code === 2),
    )
    socket.leave()
    const connection = spans.find(({ name, status }) => name === 'websocket' && status?.code === 2)!
    expect(connection.status!.message).toMatch(/RSV bits 2 or 3 set/)
    expect(plain(connection.attributes)['error.type']).toBe('Error')
    expect(spans.find(isOurs)).toMatchObject({ name: 'websocket error', links: [{ spanId: connection.spanId }] })
  })
})
