// In: events. Out: what the real runtime interface client made of them, and when.
// Must stay true: the runtime's process is stopped (SIGSTOP) exactly when Lambda would freeze it: when the runtime and every
// extension have asked for the next event; and goes on when there is one.
import { type ChildProcess, spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { bundle, ROOT, scratch } from '../runtimes/bundle.ts'
import { inRuntimes } from '../runtimes/installed.ts'

export const RIC: string | undefined =
  inRuntimes('aws-lambda-ric/rapid-client.node') && inRuntimes('aws-lambda-ric/index.mjs')

export interface Invoked {
  readonly requestId: string
  /** The function threw. */
  readonly isError: boolean
  /** Parsed where it is JSON. */
  readonly body: unknown
  readonly headers: IncomingMessage['headers']
  /** Epoch milliseconds at which each piece of the response arrived; the last is its end. */
  readonly arrivals: readonly number[]
  /** Text of each piece. */
  readonly chunks: readonly string[]
}

export interface InvokeOptions {
  /** Milliseconds the function has. Default 10,000. */
  readonly timeoutMs?: number
  readonly headers?: Record<string, string>
}

export interface FunctionOptions {
  /** Added to the function's environment. */
  readonly env?: Record<string, string>
  /** Replaced in the bundle. */
  readonly define?: Record<string, unknown>
}

interface Pending {
  readonly requestId: string
  readonly event: unknown
  readonly options: InvokeOptions
  resolve(invoked: Invoked): void
}

/** Epoch milliseconds, with their fractions. */
export const now = (): number => performance.timeOrigin + performance.now()

const EXTENSION_ID = '00000000-0000-4000-8000-000000000001'

export class LambdaFunction {
  /** What the function wrote. */
  output = ''
  /** Times the process was frozen. */
  freezes = 0
  isFrozen = false
  /** Resolves with the exit code or signal. */
  readonly exited: Promise<number | string>
  #server: Server
  #child: ChildProcess
  #remove: () => Promise<void>
  #queue: Pending[] = []
  #running = new Map<string, Pending>()
  #runtimeNext: ServerResponse[] = []
  #extensionNext: ServerResponse | undefined
  #hasExtension = false
  #count = 0
  #thaw: (() => void)[] = []
  #readers: (() => void)[] = []
  #concurrency: number

  /** Starts the handler `handler` of `entry` under the runtime interface client. */
  static async start(entry: string, { env = {}, define = {} }: FunctionOptions = {}): Promise<LambdaFunction> {
    const { path, remove } = await scratch()
    await writeFile(
      join(path, 'index.mjs'),
      await bundle(entry, { define, platform: 'node', mainFields: ['module', 'main'] }),
    )
    const server = createServer()
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
    return new LambdaFunction(server, path, remove, env)
  }

  private constructor(server: Server, path: string, remove: () => Promise<void>, env: Record<string, string>) {
    this.#server = server
    this.#remove = remove
    this.#concurrency = Number(env['AWS_LAMBDA_MAX_CONCURRENCY'] ?? 1)
    server.keepAliveTimeout = 0
    server.on('request', (request, response) => this.#route(request, response))
    const child = spawn(join(ROOT, 'node_modules/.bin/node'), [RIC!], {
      cwd: path,
      env: {
        PATH: process.env['PATH'],
        AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${(server.address() as AddressInfo).port}`,
        _HANDLER: 'index.handler',
        LAMBDA_TASK_ROOT: path,
        AWS_LAMBDA_FUNCTION_NAME: 'orders',
        AWS_LAMBDA_FUNCTION_VERSION: '7',
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '256',
        AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/orders',
        AWS_LAMBDA_LOG_STREAM_NAME: '2026/11/20/[7]0123',
        AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
        AWS_REGION: 'eu-central-1',
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#child = child
    for (const stream of [child.stdout, child.stderr])
      stream!.on('data', (chunk) => {
        this.output += chunk
        for (const resolve of this.#readers.splice(0)) resolve()
      })
    this.exited = new Promise((resolve) => {
      child.on('exit', (code, signal) => {
        for (const pending of [...this.#queue, ...this.#running.values()])
          pending.resolve({
            requestId: '',
            isError: true,
            body: `exited: ${this.output}`,
            headers: {},
            arrivals: [],
            chunks: [],
          })
        resolve(code ?? signal ?? '')
      })
    })
  }

  /** Delivers an event and resolves with the response. Events wait for each other as Lambda's do. */
  invoke(event: unknown, options: InvokeOptions = {}): Promise<Invoked> {
    return new Promise((resolve) => {
      this.#queue.push({ requestId: `request-${++this.#count}`, event, options, resolve })
      this.#deliver()
    })
  }

  /** Resolves when the process has been frozen. */
  async frozen(): Promise<void> {
    while (!this.isFrozen) await new Promise<void>((resolve) => this.#thaw.push(resolve))
  }

  /** Resolves when `condition` holds of what the function has written. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#readers.push(resolve))
  }

  /** Sends a signal to the function; one that is frozen is thawed for it. */
  signal(signal: NodeJS.Signals): void {
    this.#child.kill('SIGCONT')
    this.isFrozen = false
    this.#child.kill(signal)
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGCONT')
    this.#child.kill('SIGKILL')
    await this.exited
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
    await this.#remove()
  }

  #route(request: IncomingMessage, response: ServerResponse): void {
    const url = request.url ?? ''
    if (url.endsWith('/extension/register')) {
      this.#hasExtension = true
      request.resume()
      response
        .writeHead(200, { 'lambda-extension-identifier': EXTENSION_ID, 'content-type': 'application/json' })
        .end('{}')
    } else if (url.endsWith('/extension/event/next')) {
      this.#extensionNext = response
      this.#deliver()
    } else if (url.endsWith('/invocation/next')) {
      this.#runtimeNext.push(response)
      this.#deliver()
    } else {
      const requestId = /invocation\/([^/]+)\//.exec(url)?.[1] ?? ''
      this.#answered(requestId, request, response, !url.endsWith('/response')).catch(() => {})
    }
  }

  async #answered(id: string, request: IncomingMessage, response: ServerResponse, isError: boolean): Promise<void> {
    const arrivals: number[] = []
    const chunks: string[] = []
    for await (const chunk of request) {
      arrivals.push(now())
      chunks.push(String(chunk))
    }
    arrivals.push(now())
    const text = chunks.join('')
    const body = /^[[{"\dtfn]/.test(text) ? tryJson(text) : text
    const pending = this.#running.get(id)
    this.#running.delete(id)
    response.writeHead(202, { 'content-type': 'application/json' }).end('{"status":"OK"}')
    pending?.resolve({ requestId: id, isError, body, headers: request.headers, arrivals, chunks })
  }

  #deliver(): void {
    const isReady = this.#runtimeNext.length > 0 && (!this.#hasExtension || this.#extensionNext)
    const isIdle = this.#running.size === 0
    if (isReady && isIdle && this.#queue.length === 0) this.#freeze()
    if (this.#concurrency === 1 && !isReady) return
    while (this.#queue.length > 0 && this.#runtimeNext.length > 0) {
      const pending = this.#queue.shift()!
      const deadlineMs = Date.now() + (pending.options.timeoutMs ?? 10_000)
      this.#running.set(pending.requestId, pending)
      this.isFrozen = false
      this.#child.kill('SIGCONT')
      const body = JSON.stringify({ eventType: 'INVOKE', requestId: pending.requestId, deadlineMs })
      this.#extensionNext?.writeHead(200, { 'content-type': 'application/json' }).end(body)
      this.#extensionNext = undefined
      this.#runtimeNext
        .shift()!
        .writeHead(200, {
          'content-type': 'application/json',
          'lambda-runtime-aws-request-id': pending.requestId,
          'lambda-runtime-deadline-ms': deadlineMs,
          'lambda-runtime-invoked-function-arn': 'arn:aws:lambda:eu-central-1:123456789012:function:orders:live',
          'lambda-runtime-trace-id': 'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1',
          ...pending.options.headers,
        })
        .end(JSON.stringify(pending.event))
      if (this.#concurrency === 1) return
    }
  }

  #freeze(): void {
    if (this.isFrozen || this.#concurrency > 1) return
    this.isFrozen = true
    this.freezes++
    this.#child.kill('SIGSTOP')
    for (const resolve of this.#thaw.splice(0)) resolve()
  }
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
