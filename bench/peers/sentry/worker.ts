// @sentry/cloudflare, as its README wires it. It posts envelopes of its own, not OTLP.
import { startInactiveSpan, withSentry } from '@sentry/cloudflare'
import { CHILD_NAME, CHILDREN, type Env, five } from '../../workers/work.ts'

const handler = {
  async fetch(_request: Request, env: Env): Promise<Response> {
    for (let i = 0; i < CHILDREN; i++) startInactiveSpan({ name: CHILD_NAME, attributes: five(i) }).end()
    const upstream = await fetch(env.UPSTREAM)
    return new Response(await upstream.text())
  },
}

export default withSentry(
  (env: Env) => ({ dsn: `http://key@${new URL(env.OTLP).host}/1`, tracesSampleRate: 1 }),
  handler as never,
)
