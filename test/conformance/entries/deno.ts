import { deno } from 'clew/deno'
import { dispatcher } from '../program.ts'

declare const Deno: {
  serve(options: object, handler: unknown): { readonly addr: { readonly port: number } }
}

const server = Deno.serve(
  { port: 0, hostname: '127.0.0.1', onListen() {} },
  dispatcher(
    (tracer, answer) => deno(tracer, answer),
    (request) => request.url,
  ),
)
console.log(`port ${server.addr.port}`)
