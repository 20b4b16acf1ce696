// In: the runtime interface client. Out: the program in it, concurrent as on a managed instance; streams by a second function.
import { LambdaFunction, RIC } from '../../lambda/runtime-api.ts'
import { NOT_INSTALLED } from '../../runtimes/installed.ts'
import type { Answer, Host } from '../host.ts'
import { LEAVING } from '../promises.ts'

const entry = new URL('../entries/lambda.ts', import.meta.url).pathname

export const lambda: Host = {
  name: 'AWS Lambda',
  without: { [LEAVING]: "a client's connection ends at the gateway" },
  ...(!RIC && { missing: NOT_INSTALLED }),
  async start(world) {
    const env = {
      AWS_LAMBDA_MAX_CONCURRENCY: '8',
      AWS_LAMBDA_NODEJS_WORKER_COUNT: '1',
      AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    }
    const buffered = await LambdaFunction.start(entry, { env, define: { ...world.define, STREAMING: false } })
    const streamed = await LambdaFunction.start(entry, { define: { ...world.define, STREAMING: true } })
    return {
      async request(path, headers = {}): Promise<Answer> {
        const [rawPath = '', rawQueryString = ''] = path.split('?')
        const event = {
          version: '2.0',
          routeKey: '$default',
          rawPath,
          rawQueryString,
          headers,
          requestContext: { domainName: 'lambda.example', http: { method: 'GET', protocol: 'HTTP/1.1' } },
        }
        if (rawPath.endsWith('/stream')) {
          const { chunks, isError } = await streamed.invoke(event)
          return { status: isError ? 500 : 200, headers: {}, body: chunks.join('').split('\0').at(-1)! }
        }
        const { body, isError } = await buffered.invoke(event)
        if (isError) return { status: 500, headers: {}, body: JSON.stringify(body) }
        const { statusCode, ...rest } = body as { statusCode: number; headers: Record<string, string>; body: string }
        return { status: statusCode, headers: rest.headers, body: rest.body }
      },
      async stop() {
        await Promise.all([buffered.stop(), streamed.stop()])
      },
    }
  },
}
