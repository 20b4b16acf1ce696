// The Worker that answers "hello", traced as the library's README says.
import { withSentry } from '@sentry/cloudflare'

export default withSentry(
  (env: { OTLP_URL: string }) => ({ dsn: `http://key@${new URL(env.OTLP_URL).host}/1`, tracesSampleRate: 1 }),
  { fetch: () => new Response('hello') } as never,
)
