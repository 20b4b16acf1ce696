import { vercel } from 'clew/vercel'
import { dispatcher } from '../program.ts'

export const GET: unknown = dispatcher(
  (tracer, answer) => vercel(tracer, answer),
  (request) => request.url,
)
