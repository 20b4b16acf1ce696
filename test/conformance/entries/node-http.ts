import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { node } from 'clew/node'
import { dispatcher } from '../program.ts'
import { respondInNode, urlOf } from './respond-in-node.ts'

const listen = dispatcher(
  (tracer, answer) =>
    node(tracer, (incoming: IncomingMessage, outgoing: ServerResponse, context) =>
      respondInNode(answer, incoming, outgoing, context),
    ) as (incoming: IncomingMessage, outgoing: ServerResponse) => Promise<void>,
  urlOf,
)

const server = createServer((incoming, outgoing) => {
  listen(incoming, outgoing).catch(() => outgoing.writeHead(500).end())
})
server.listen(0, '127.0.0.1', () => console.log(`port ${(server.address() as AddressInfo).port}`))
