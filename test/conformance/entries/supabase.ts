import { supabase } from 'clew/supabase'
import { dispatcher } from '../program.ts'

declare const Deno: {
  serve(options: object, handler: unknown): { readonly addr: { readonly port: number } }
}

// Supabase's edge runtime is Deno with this object; what is kept alive is kept by the process here.
Object.assign(globalThis, { EdgeRuntime: { waitUntil() {} } })

const server = Deno.serve(
  { port: 0, hostname: '127.0.0.1', onListen() {} },
  dispatcher(
    (tracer, answer) => supabase(tracer, answer),
    (request) => request.url,
  ),
)
console.log(`port ${server.addr.port}`)
