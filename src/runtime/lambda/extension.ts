// In: the Extensions API of Lambda, and invocations that are still sending. Out: time after the response.
// Must stay true: registered before the runtime asks for its first event; asks for the next one only when the spans of the
// last one have left or its deadline has fallen; whatever fails here fails quietly, because an unhandled rejection in this
// loop would end the runtime.
import { environment, hostProcess } from '../hosts/process.ts'
import { settledWithin } from '../hosts/wait.ts'
import { isConcurrent } from './environment.ts'

/** An extension inside the function's own process: it keeps Lambda from freezing while spans leave. */
export interface LambdaExtension {
  /** False where the host has no room for one: then spans leave before the response. */
  readonly isActive: boolean
  /** Keeps the environment awake for `requestId` until `flushed` has settled. */
  hold(requestId: string, flushed: Promise<unknown>): void
}

const ABSENT: LambdaExtension = { isActive: false, hold() {} }

/** Names in the Extensions API are at most 128 characters; internal extensions need no file of this name. */
const NAME = 'clew'

/** Requests whose flush was announced before their event: one, or as many as a bug would leave behind. */
const MAX_HELD = 1000

/** Kept free before the event's deadline, so that the environment asks for the next event in time. */
const MARGIN_MS = 100

interface Answer {
  readonly status: number
  header(name: string): string | undefined
  readonly body: string
}

/**
 * Registers an internal extension, so that spans leave after the response:
 * `export const handler = lambda(tracer, handle, { extension: await lambdaExtension() })`. It must be awaited while the
 * module is evaluated. Resolves to one that is not active outside Lambda, on Managed Instances, and where Lambda refuses.
 */
export async function lambdaExtension(onError: (error: unknown) => void = warn): Promise<LambdaExtension> {
  const api = environment()['AWS_LAMBDA_RUNTIME_API']
  if (!api || isConcurrent()) return ABSENT
  const base = `http://${api}/2020-01-01/extension`
  let id: string
  try {
    const answer = await request('POST', `${base}/register`, { 'lambda-extension-name': NAME }, '{"events":["INVOKE"]}')
    id = answer.header('lambda-extension-identifier') ?? ''
    if (answer.status !== 200 || !id) throw new Error(`the Extensions API answered ${answer.status}`)
  } catch (error) {
    onError(error)
    return ABSENT
  }

  const held = new Map<string, Promise<unknown>>()
  const waiting = new Map<string, (flushed: Promise<unknown>) => void>()
  let isActive = true

  async function loop(): Promise<void> {
    for (;;) {
      const { status, body } = await request('GET', `${base}/event/next`, { 'lambda-extension-identifier': id })
      if (status !== 200) throw new Error(`the Extensions API answered ${status}`)
      const { eventType, requestId = '', deadlineMs = 0 } = JSON.parse(body) as Record<string, never>
      if (eventType === 'SHUTDOWN') return
      await settledWithin(deadlineMs - MARGIN_MS - Date.now(), flushOf(requestId))
    }
  }

  /** The flush of a request, whether it was announced already or not yet. */
  function flushOf(requestId: string): Promise<unknown> {
    const known = held.get(requestId)
    held.delete(requestId)
    // Events come strictly one after another: what was waited for before will not come any more.
    waiting.clear()
    return known ?? new Promise((resolve) => waiting.set(requestId, resolve))
  }

  loop().catch((error) => {
    isActive = false
    onError(error)
  })

  return {
    get isActive() {
      return isActive
    },
    hold(requestId, flushed) {
      const resolve = waiting.get(requestId)
      waiting.delete(requestId)
      if (resolve) resolve(flushed)
      else if (held.size < MAX_HELD) held.set(requestId, flushed)
    },
  }
}

/** Node's http, as far as it is used. */
interface Http {
  request(
    url: string,
    options: object,
    answered: (response: never) => void,
  ): { on(event: string, listener: (error: unknown) => void): unknown; end(body?: string): void }
}

/**
 * One request to the Runtime API. By Node's own http where it can be had: `fetch` gives up an answer that takes five
 * minutes, and a function may sleep longer than that.
 */
async function request(method: string, url: string, headers: Record<string, string>, body?: string): Promise<Answer> {
  const http = hostProcess()?.getBuiltinModule?.('node:http') as Http | undefined
  if (!http) {
    const response = await fetch(url, { method, headers, ...(body !== undefined && { body }) })
    return {
      status: response.status,
      header: (name) => response.headers.get(name) ?? undefined,
      body: await response.text(),
    }
  }
  return new Promise((resolve, reject) => {
    const call = http.request(url, { method, headers, agent: false }, (response: Response) => {
      let text = ''
      response.on('data', (chunk) => (text += chunk))
      response.on('error', reject)
      response.on('end', () =>
        resolve({ status: response.statusCode, header: (name) => response.headers[name], body: text }),
      )
    })
    call.on('error', reject)
    call.end(body)
  })
}

interface Response {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, string | undefined>>
  on(event: string, listener: (chunk: unknown) => void): unknown
}

function warn(error: unknown): void {
  console.warn(`clew: no extension, so spans leave before the response: ${error}`)
}
