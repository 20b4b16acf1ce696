import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { googleCloud } from 'clew/google-cloud'
import { dispatcher } from '../program.ts'
import { respondInNode, urlOf } from './respond-in-node.ts'

declare const FRAMEWORK: string

interface Framework {
  http(name: string, handler: unknown): void
  getTestServer(name: string): Server
}
const require = createRequire(import.meta.url)
const framework: Framework = { ...require(FRAMEWORK), ...require(FRAMEWORK.replace('index.js', 'testing.js')) }

framework.http(
  'program',
  dispatcher(
    (tracer, answer) =>
      googleCloud(tracer, (incoming: IncomingMessage, outgoing: ServerResponse, context) =>
        respondInNode(answer, incoming, outgoing, context),
      ) as (incoming: IncomingMessage, outgoing: ServerResponse) => Promise<void>,
    urlOf,
  ),
)
const server = framework.getTestServer('program')
server.listen(0, '127.0.0.1', () => console.log(`port ${(server.address() as AddressInfo).port}`))
