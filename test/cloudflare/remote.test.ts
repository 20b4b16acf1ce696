// Bindings that run at Cloudflare only: stand-ins with the class names of the runtime's objects, and what is made of them.
import { createTracer, memoryExporter, type SpanRecord } from 'clew'
import { allBindings, type BindingKind, email, named, off } from 'clew/bindings'
import { workers } from 'clew/workers'
import { describe, expect, it } from 'vitest'

class Ai {
  readonly aiGatewayLogId: string = 'log'
  #gateway = 'g'
  async run(_model: string, inputs: { stream?: boolean }): Promise<unknown> {
    if (inputs.stream) return new ReadableStream()
    return { response: this.#gateway, usage: { prompt_tokens: 3, completion_tokens: 5 } }
  }
}
class VectorizeIndexImpl {
  async query(): Promise<unknown> {
    return { count: 2, matches: [] }
  }
  async upsert(): Promise<unknown> {
    return { mutationId: 'm' }
  }
}
class Transformer {
  transform(): this {
    return this
  }
  async output(): Promise<string> {
    return 'picture'
  }
}
class ImagesBindingImpl {
  input(): Transformer {
    return new Transformer()
  }
}
class SendEmail {
  async send(message: { from: string }): Promise<string> {
    return message.from
  }
}
class Fetcher {
  readonly requests: Request[] = []
  async fetch(input: string, init?: RequestInit): Promise<Response> {
    this.requests.push(new Request(input, init))
    return new Response('ok')
  }
}
class DispatchNamespace {
  readonly worker: Fetcher = new Fetcher()
  get(_name: string): Fetcher {
    return this.worker
  }
}
class SecretsStoreSecret {
  async get(): Promise<string> {
    return 'hush'
  }
}
/** A class nobody knows. */
class Pipeline {
  send(): string {
    return 'sent'
  }
}

const env = {
  AI: new Ai(),
  INDEX: new VectorizeIndexImpl(),
  IMAGES: new ImagesBindingImpl(),
  MAIL: new SendEmail(),
  DISPATCH: new DispatchNamespace(),
  SECRET: new SecretsStoreSecret(),
  PIPE: new Pipeline(),
}
type Env = typeof env

async function spansOf(
  use: (env: Env) => unknown,
  bindings: readonly BindingKind[] = allBindings,
): Promise<{ answer: unknown; spans: readonly SpanRecord[] }> {
  const exporter = memoryExporter()
  const tracer = createTracer<Env>({ service: 'test', exporter, bindings })
  let answer: unknown
  const worker = workers(tracer, {
    async fetch(_request: Request, env: Env) {
      answer = await use(env)
      return new Response('ok')
    },
  })
  const pending: Promise<unknown>[] = []
  const ctx = {
    waitUntil: (promise: Promise<unknown>) => pending.push(promise),
    passThroughOnException() {},
    props: {},
  }
  await worker.fetch(new Request('http://test/'), env, ctx as never)
  await Promise.all(pending)
  return { answer, spans: exporter.spans.filter(({ kind }) => kind !== 1) }
}

const told = ({ name, attributes }: SpanRecord): unknown[] => {
  const { 'cloudflare.binding.type': _, 'cloudflare.binding.name': __, ...rest } = attributes
  return [name, Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined))]
}

describe('bindings of Cloudflare’s network', () => {
  it('records a run of a model without its prompt or its answer', async () => {
    const { answer, spans } = await spansOf(async ({ AI }) => [
      await AI.run('@cf/llama', { messages: [{ role: 'user', content: 'secret' }], max_tokens: 9 } as never),
      (await AI.run('@cf/llama', { prompt: 'secret', stream: true } as never)) instanceof ReadableStream,
      AI.aiGatewayLogId,
    ])
    expect(answer).toEqual([{ response: 'g', usage: { prompt_tokens: 3, completion_tokens: 5 } }, true, 'log'])
    expect(spans.map(told)).toEqual([
      [
        'chat @cf/llama',
        {
          'gen_ai.operation.name': 'chat',
          'gen_ai.provider.name': 'cloudflare.workers_ai',
          'gen_ai.request.model': '@cf/llama',
          'gen_ai.request.max_tokens': 9,
          'gen_ai.usage.input_tokens': 3,
          'gen_ai.usage.output_tokens': 5,
        },
      ],
      [
        'text_completion @cf/llama',
        {
          'gen_ai.operation.name': 'text_completion',
          'gen_ai.provider.name': 'cloudflare.workers_ai',
          'gen_ai.request.model': '@cf/llama',
        },
      ],
    ])
    expect(JSON.stringify(spans)).not.toContain('secret')
  })

  it('records Vectorize, Images, mail and secrets', async () => {
    const { answer, spans } = await spansOf(async ({ INDEX, IMAGES, MAIL, SECRET }) => [
      await INDEX.query(...([[1, 2], { topK: 3 }] as never as [])),
      await INDEX.upsert(...([[{ id: '1' }, { id: '2' }]] as never as [])),
      await IMAGES.input().transform().output(),
      await MAIL.send({ from: 'alice@example.com' }),
      await SECRET.get(),
    ])
    expect(answer).toEqual([{ count: 2, matches: [] }, { mutationId: 'm' }, 'picture', 'alice@example.com', 'hush'])
    expect(spans.map(told)).toEqual([
      [
        'query INDEX',
        {
          'db.system.name': 'cloudflare-vectorize',
          'db.operation.name': 'query',
          'cloudflare.vectorize.top_k': 3,
          'db.response.returned_rows': 2,
        },
      ],
      [
        'upsert INDEX',
        { 'db.system.name': 'cloudflare-vectorize', 'db.operation.name': 'upsert', 'db.operation.batch.size': 2 },
      ],
      ['output IMAGES', {}],
      ['send MAIL', {}],
      ['get SECRET', {}],
    ])
    expect(JSON.stringify(spans)).not.toMatch(/alice|hush/)
  })

  it('carries the trace through a dispatch namespace', async () => {
    const { spans } = await spansOf(({ DISPATCH }) => DISPATCH.get('tenant').fetch('http://tenant/'))
    expect(env.DISPATCH.worker.requests[0]!.headers.get('traceparent')).toContain(spans[0]!.spanId)
    expect(spans[0]!.attributes['cloudflare.dispatch_namespace.script']).toBe('tenant')
  })

  it('hands out what it does not know as it is, and what is switched off', async () => {
    const { answer, spans } = await spansOf(
      (bound) => [bound.PIPE === env.PIPE, bound.MAIL === env.MAIL, bound.AI === env.AI],
      [...allBindings, off(email)],
    )
    expect(answer).toEqual([true, true, false])
    expect(spans).toEqual([])
  })

  it('traces a binding by name where its class has many uses', async () => {
    const { answer, spans } = await spansOf(
      (bound) => (bound.PIPE as unknown as SendEmail).send({ from: 'x' }),
      [named(email, 'PIPE')],
    )
    expect([answer, spans.map(({ name }) => name)]).toEqual(['sent', ['send PIPE']])
  })
})
