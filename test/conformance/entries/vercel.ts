import { vercel } from 'clew/vercel'
import { dispatcher } from '../program.ts'

const respond = dispatcher(
  (tracer, answer) => vercel(tracer, answer),
  (request) => request.url,
)

/** Vercel's server for development ends with the first error of a handler, so nothing may pass beyond here. */
export const GET = async (request: Request, context: never): Promise<Response> => {
  try {
    return await respond(request, context)
  } catch {
    return new Response(null, { status: 500 })
  }
}
