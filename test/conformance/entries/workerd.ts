import { workers } from 'clew/workers'
import { dispatcher } from '../program.ts'

type Fetch = (request: Request, env: unknown, ctx: never) => Response | Promise<Response>

const worker: { fetch: Fetch } = {
  fetch: dispatcher(
    (tracer, answer): Fetch => {
      const traced = workers(tracer, { fetch: (request: Request, _env: unknown, ctx) => answer(request, ctx) })
      return traced.fetch as Fetch
    },
    (request) => request.url,
  ),
}
export default worker
