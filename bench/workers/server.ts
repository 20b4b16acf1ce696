// The world outside the Workers: answers GET as an upstream would and counts what is posted. `/stats` tells and resets.
// On standard output: the port.
import { createServer } from 'node:http'

let posts = 0
let bytes = 0
let last = Buffer.alloc(0)
let type = ''

createServer((request, response) => {
  if (request.url === '/stats') {
    response.end(JSON.stringify({ posts, bytes, type, last: last.toString('base64') }))
    posts = bytes = 0
    return
  }
  if (request.method === 'GET') {
    response.end('{"price":12}')
    return
  }
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    posts++
    last = Buffer.concat(chunks)
    bytes += last.length
    type = String(request.headers['content-type'])
    response.setHeader('content-type', 'application/json').end('{}')
  })
}).listen(0, '127.0.0.1', function (this: { address(): unknown }) {
  console.log((this.address() as { port: number }).port)
})
