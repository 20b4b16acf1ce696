// In: calls of the front Worker. Out: answers that are the same at every run.
// Must stay true: knows nothing of tracing; private fields, statics and inheritance are used on purpose.
import { DurableObject, RpcTarget, WorkerEntrypoint } from 'cloudflare:workers'

export interface Env {
  OTLP_URL: string
  COUNTER: DurableObjectNamespace<Counter>
}

export const back = {
  fetch(request: Request): Response {
    if (request.url.endsWith('/throw')) throw new TypeError('back failed on purpose')
    return new Response(`back ${request.method} ${new URL(request.url).pathname}`)
  },
  async queue(batch: MessageBatch): Promise<void> {
    for (const message of batch.messages) {
      if (message.body === 'three') message.ack()
      else if (message.body === 'throw') throw new Error('batch failed on purpose')
      else if ((message.body as { fail?: boolean }).fail && message.attempts < 2) message.retry()
    }
  },
}

export class Steps extends RpcTarget {
  #value: number
  constructor(value: number) {
    super()
    this.#value = value
  }
  inc(by: number): number {
    return (this.#value += by)
  }
  [Symbol.dispose](): void {
    disposed.push(this.#value)
  }
}
/** What was let go of, by its last value. */
const disposed: number[] = []

class Rated extends WorkerEntrypoint<Env> {
  get rate(): number {
    return 7
  }
}

export class Billing extends Rated {
  override fetch(request: Request): Response {
    if (request.url.endsWith('/throw')) throw new SyntaxError('billing failed on purpose')
    return new Response(`billing ${this.rate}`)
  }
  #charges = 0
  charge({ amount }: { cart: string; amount: number }): { charged: number; charges: number } {
    this.#charges++
    return { charged: amount, charges: this.#charges }
  }
  argumentCount(..._: never[]): number {
    // biome-ignore lint/complexity/noArguments: what the caller passed, and nothing more
    return arguments.length
  }
  counter(start: number): Steps {
    // Without pending work the runtime ends the call before what it returned is let go of, and tells it nothing.
    this.ctx.waitUntil(new Promise((resolve) => setTimeout(resolve, 500)))
    return new Steps(start)
  }
  disposed(): number[] {
    return disposed.splice(0)
  }
  /** Calls back, and calls on what it is given. */
  async trade(count: (n: number) => number, steps: Steps, response: Response): Promise<unknown[]> {
    return [await count(2), await steps.inc(1), await response.text()]
  }
  async askOther(other: Fetcher): Promise<string> {
    return (await other.fetch('http://other/asked')).text()
  }
  async fail(): Promise<void> {
    throw Object.assign(new RangeError('declined'), { code: 'E_DECLINED' })
  }
  stream(): ReadableStream<Uint8Array> {
    return new Response('streamed over rpc').body!
  }
}

export class Counter extends DurableObject<Env> {
  static #made = 0
  static readonly kind: string = 'counter'
  static made(): number {
    return Counter.#made
  }
  #added = 0
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    Counter.#made++
  }
  async add(by: number): Promise<number> {
    this.#added += by
    const before = (await this.ctx.storage.get<number>('value')) ?? 0
    await this.ctx.storage.put('value', before + by)
    return this.value()
  }
  async value(): Promise<number> {
    return (await this.ctx.storage.get<number>('value')) ?? 0
  }
  override fetch(request: Request): Response {
    return new Response(`counter ${new URL(request.url).pathname} ${this instanceof Counter} ${this.#added}`)
  }
}
