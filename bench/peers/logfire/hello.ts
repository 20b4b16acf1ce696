// The Worker that answers "hello", traced as the library's README says.
import { instrument } from '@pydantic/otel-cf-workers'

export default instrument(
  { fetch: () => new Response('hello') } as never,
  ((env: { OTLP_URL: string }) => ({
    exporter: { url: env.OTLP_URL, headers: {} },
    service: { name: 'hello' },
  })) as never,
)
