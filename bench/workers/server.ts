// The world outside the Workers: answers GET as an upstream would and counts what is posted. `/stats` tells and resets.
// On standard output: the port.
// Must stay true: it takes little of the machine that it shares with what is measured, hence no HTTP library: a request is
// its head, and as many bytes as Content-Length says, or chunks to the last one.
import { createServer, type Socket } from 'node:net'

let gets = 0
let posts = 0
let bytes = 0
let last: Buffer = Buffer.alloc(0)
let type = ''
let head = ''

const answer = (body: string): string =>
  `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
const PRICE = answer('{"price":12}')
const EMPTY = answer('{}')

createServer((socket: Socket) => {
  let rest: Buffer = Buffer.alloc(0)
  socket.setNoDelay(true)
  socket.on('error', () => {})
  socket.on('data', (chunk: Buffer) => {
    rest = rest.length ? Buffer.concat([rest, chunk]) : chunk
    for (let length = take(); length; length = take()) rest = rest.subarray(length)
  })

  /** Handles one request, if it is whole: its bytes. */
  function take(): number {
    const end = rest.indexOf('\r\n\r\n')
    if (end < 0) return 0
    const text = rest.toString('latin1', 0, end + 2)
    const from = end + 4
    let to = from
    let body: Buffer = Buffer.alloc(0)
    if (/\r\ntransfer-encoding: *chunked\r\n/i.test(text)) {
      const parts: Buffer[] = []
      for (;;) {
        const line = rest.indexOf('\r\n', to)
        if (line < 0) return 0
        const size = Number.parseInt(rest.toString('latin1', to, line), 16)
        to = line + 2 + size + 2
        if (rest.length < to) return 0
        if (!size) break
        parts.push(rest.subarray(line + 2, to - 2))
      }
      body = Buffer.concat(parts)
    } else {
      to += Number(/\r\ncontent-length: *(\d+)/i.exec(text)?.[1] ?? 0)
      if (rest.length < to) return 0
      body = rest.subarray(from, to)
    }
    if (text.startsWith('GET /stats ')) {
      socket.write(answer(JSON.stringify({ gets, posts, bytes, type, head, last: last.toString('base64') })))
      gets = posts = bytes = 0
    } else if (text.startsWith('GET ')) {
      gets++
      socket.write(PRICE)
    } else {
      posts++
      bytes += body.length
      last = body
      head = text
      type = /\r\ncontent-type: *([^\r]*)/i.exec(text)?.[1] ?? ''
      socket.write(EMPTY)
    }
    return to
  }
}).listen(0, '127.0.0.1', function (this: { address(): unknown }) {
  console.log((this.address() as { port: number }).port)
})
