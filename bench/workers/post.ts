// The request's work, untraced, and a POST like clew's, in `waitUntil`: what any export costs at least. As many bytes, the
// same headers, the same reading of the answer.
import type { Env } from './work.ts'

let body = ''

export default {
  async fetch(_request: Request, env: Env, ctx: { waitUntil(promise: Promise<unknown>): void }): Promise<Response> {
    body ||= 'x'.repeat(Number(env.POST_BYTES))
    const upstream = await fetch(env.UPSTREAM)
    const response = new Response(await upstream.text())
    ctx.waitUntil(
      fetch(env.OTLP, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'user-agent': 'OTel-OTLP-Exporter-JavaScript/0.1.0' },
        body,
      }).then((answer) => answer.arrayBuffer()),
    )
    return response
  },
}
