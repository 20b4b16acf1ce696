import { bun } from 'clew/bun'
import { dispatcher } from '../program.ts'

declare const Bun: { serve(options: object): { readonly port: number } }

const server = Bun.serve({
  port: 0,
  hostname: '127.0.0.1',
  // Bun's own page about an error is for developers.
  development: false,
  fetch: dispatcher(
    (tracer, answer) => bun(tracer, answer),
    (request) => request.url,
  ),
})
console.log(`port ${server.port}`)
