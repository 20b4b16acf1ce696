import { vercel } from 'clew/vercel'
import { dispatcher } from '../program.ts'

// Where Vercel puts it; what is kept alive is kept by the process here.
Object.assign(globalThis, { [Symbol.for('@vercel/request-context')]: { get: () => ({ waitUntil() {} }) } })

Object.assign(globalThis, {
  answer: dispatcher(
    (tracer, answer) => vercel(tracer, answer),
    (request) => request.url,
  ),
})
