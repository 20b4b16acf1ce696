// The request's work, untraced.
import type { Env } from './work.ts'

export default {
  async fetch(_request: Request, env: Env): Promise<Response> {
    const upstream = await fetch(env.UPSTREAM)
    return new Response(await upstream.text())
  },
}
