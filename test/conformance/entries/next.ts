import { handle } from 'clew/handle'
import { vercel } from 'clew/vercel'
import { dispatcher } from '../program.ts'

export const GET: unknown = dispatcher(
  (tracer, answer) => vercel(tracer, answer),
  (request) => request.url,
)

/** For servers of one's own, which wait for Next.js's `after` when they are stopped. */
export const afterwards = (after: (promise: Promise<unknown>) => void): unknown =>
  dispatcher(
    (tracer, answer) => handle(tracer, answer, { waitUntil: after }),
    (request) => request.url,
  )
