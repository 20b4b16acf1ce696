// Azure's library for Node with the program registered in it, and behind an HTTP server the part of its host that speaks to
// it: a request as the messages of Azure's worker protocol, and its answer back. The host itself is no npm package.
import { createServer, type IncomingMessage } from 'node:http'
import { createRequire, Module } from 'node:module'
import type { AddressInfo } from 'node:net'
import { azure } from 'clew/azure'
import { dispatcher } from '../program.ts'
import { urlOf } from './respond-in-node.ts'

declare const LIBRARY: string

/** What the host gives the library under the name `@azure/functions-core`. */
interface Metadata {
  readonly name: string
  readonly bindings: object
}
interface InvocationModel {
  getArguments(): Promise<{ context: unknown; inputs: unknown[] }>
  invokeFunction(context: unknown, inputs: unknown[], handler: unknown): Promise<unknown>
  getResponse(
    context: unknown,
    result: unknown,
  ): Promise<{
    returnValue: { http: { statusCode: string; headers: Record<string, string>; body: { bytes: Buffer } } }
  }>
}
let model: { getInvocationModel(context: object): InvocationModel } | undefined
let registered: { metadata: Metadata; handler: unknown } | undefined
const core = {
  setProgrammingModel: (given: typeof model) => (model = given),
  registerFunction: (metadata: Metadata, handler: unknown) => (registered = { metadata, handler }),
  log() {},
}
const loader = Module as unknown as { _load(name: string, ...rest: unknown[]): unknown }
const load = loader._load
loader._load = (name, ...rest) => (name === '@azure/functions-core' ? core : load(name, ...rest))

interface Library {
  readonly app: { http(name: string, options: object): void }
}
const { app } = createRequire(import.meta.url)(LIBRARY) as Library

app.http('program', {
  methods: ['GET'],
  handler: dispatcher(
    (tracer, answer) =>
      azure(tracer, async (request: Request, context) => {
        const response = await answer(request, context)
        const headers = Object.fromEntries(response.headers)
        return { status: response.status, headers, body: await response.text() }
      }),
    (request) => request.url,
  ),
})

async function invoked(incoming: IncomingMessage, invocationId: string) {
  const { metadata, handler } = registered!
  const [name] = Object.keys(metadata.bindings)
  const http = { url: urlOf(incoming), method: 'GET', headers: incoming.headers }
  // The host has a trace of its own; the request's goes before it.
  const traceContext = { traceParent: `00-${'1'.repeat(32)}-${'1'.repeat(16)}-01` }
  const request = { inputData: [{ name, data: { http } }], traceContext, triggerMetadata: {} }
  const invocation = model!.getInvocationModel({ invocationId, metadata, request, log() {} })
  const { context, inputs } = await invocation.getArguments()
  const result = await invocation.invokeFunction(context, inputs, handler)
  return (await invocation.getResponse(context, result)).returnValue.http
}

let count = 0
const server = createServer(async (incoming, outgoing) => {
  try {
    const { statusCode, headers, body } = await invoked(incoming, `invocation-${++count}`)
    outgoing.writeHead(Number(statusCode), headers).end(body.bytes)
  } catch {
    outgoing.writeHead(500).end()
  }
})
server.listen(0, '127.0.0.1', () => console.log(`port ${(server.address() as AddressInfo).port}`))
