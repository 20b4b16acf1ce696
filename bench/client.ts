// In: a port and a number of requests. Out: the same requests, answered: over raw sockets that stay open, so that the
// client takes next to nothing of the machine it shares with what it measures.
// Must stay true: one request at a time a connection; an answer is 200, and ends where its Content-Length or its last chunk says.
import { connect, type Socket } from 'node:net'

export interface Client {
  /** Sends `requests` requests and waits for all answers; the milliseconds that it took. */
  burst(requests: number): Promise<number>
  close(): void
}

/** So long without any answer is a fault. */
const PATIENCE_MS = 20_000

export async function client(port: number, connections: number, path = '/carts/42', headers = ''): Promise<Client> {
  const request = `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${headers}\r\n`
  const sockets = new Set<Socket>()
  let left = 0
  let pending = 0
  let settle: (error?: Error) => void = () => {}
  let timer: NodeJS.Timeout | undefined
  const send = (socket: Socket): void => {
    if (left === 0) {
      if (pending === 0) settle()
      return
    }
    left--
    pending++
    socket.write(request)
  }
  /** workerd closes a connection that has been idle for five seconds: before a burst there are as many as there should be. */
  const connected = async (): Promise<void> => {
    while (sockets.size < connections) {
      const socket = await open(port)
      sockets.add(socket)
      socket.on('error', (error) => settle(error))
      socket.on('close', () => {
        sockets.delete(socket)
        if (pending) settle(new Error(`${path}: the connection was closed`))
      })
      answers(socket)
    }
  }
  const answers = (socket: Socket): void => {
    let seen = 0
    let expected = 0
    let isChunked = false
    socket.on('data', (chunk) => {
      if (!seen) {
        const text = chunk.toString('latin1')
        const head = text.indexOf('\r\n\r\n')
        const length = /\r\ncontent-length: (\d+)/i.exec(text)?.[1]
        isChunked = /\r\ntransfer-encoding: chunked/i.test(text)
        if (head < 0 || !(length ?? isChunked) || !text.startsWith('HTTP/1.1 200 '))
          return settle(new Error(`${path}: no answer that this client can read: ${text}`))
        expected = head + 4 + Number(length ?? 0)
      }
      seen += chunk.length
      if (isChunked ? chunk.lastIndexOf('0\r\n\r\n') !== chunk.length - 5 : seen < expected) return
      seen = 0
      pending--
      timer?.refresh()
      send(socket)
    })
  }
  await connected()
  return {
    async burst(requests) {
      await connected()
      const begin = performance.now()
      await new Promise<void>((resolve, reject) => {
        timer = setTimeout(() => reject(new Error(`${path}: ${pending} answers are missing`)), PATIENCE_MS)
        settle = (error) => {
          clearTimeout(timer)
          error ? reject(error) : resolve()
        }
        left = requests
        for (const socket of sockets) send(socket)
      })
      return performance.now() - begin
    },
    close() {
      settle = () => {}
      for (const socket of sockets) socket.destroy()
    },
  }
}

function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket))
    socket.setNoDelay(true).once('error', reject)
  })
}
