// The request's work, untraced, and a POST as large as clew's, in `waitUntil`: what any export costs at least.
import type { Env } from './work.ts'

const BODY = JSON.stringify({ text: 'x'.repeat(POST_BYTES - 11) })
declare const POST_BYTES: number

export default {
  async fetch(_request: Request, env: Env, ctx: { waitUntil(promise: Promise<unknown>): void }): Promise<Response> {
    const upstream = await fetch(env.UPSTREAM)
    const response = new Response(await upstream.text())
    ctx.waitUntil(
      fetch(env.OTLP, { method: 'POST', headers: { 'content-type': 'application/json' }, body: BODY }).then((answer) =>
        answer.arrayBuffer(),
      ),
    )
    return response
  },
}
