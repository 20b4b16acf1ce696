// Bindings whose classes the local runtime does not have (mail, secrets and dispatch namespaces are services there):
// stand-ins with the class names of production's objects. What the network answers in truth is in network.test.ts.
import { createTracer, memoryExporter, type SpanRecord } from 'clew'
import { allBindings, type BindingKind, email, named, off } from 'clew/bindings'
import { workers } from 'clew/workers'
import { describe, expect, it } from 'vitest'

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
/** Of a jurisdiction only production has objects: the local runtime refuses. */
class DurableObjectNamespace {
  readonly #jurisdiction: string
  constructor(jurisdiction = '') {
    this.#jurisdiction = jurisdiction
  }
  jurisdiction(name: string): DurableObjectNamespace {
    return new DurableObjectNamespace(name)
  }
  getByName(name: string): { readonly id: object; fetch(input: string, init: RequestInit): Promise<Response> } {
    const at = this.#jurisdiction
    return {
      id: { name, toString: () => `${at}/${name}` },
      fetch: async (_, { headers }) => new Response((headers as Headers).get('traceparent')),
    }
  }
}
/** A class nobody knows. */
class Pipeline {
  send(): string {
    return 'sent'
  }
}

const env = {
  MAIL: new SendEmail(),
  DISPATCH: new DispatchNamespace(),
  SECRET: new SecretsStoreSecret(),
  PIPE: new Pipeline(),
  ROOM: new DurableObjectNamespace(),
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
  it('records mail and secrets without what is in them', async () => {
    const { answer, spans } = await spansOf(async ({ MAIL, SECRET }) => [
      await MAIL.send({ from: 'alice@example.com' }),
      await SECRET.get(),
    ])
    expect(answer).toEqual(['alice@example.com', 'hush'])
    expect(spans.map(told)).toEqual([
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

  it('carries the trace into the objects of a jurisdiction', async () => {
    const { answer, spans } = await spansOf(async ({ ROOM }) =>
      (await ROOM.jurisdiction('eu').getByName('lobby').fetch('http://room/', {})).text(),
    )
    expect(answer).toContain(spans[0]!.spanId)
    expect(spans[0]!.attributes).toMatchObject({
      'cloudflare.durable_object.id': 'eu/lobby',
      'cloudflare.durable_object.name': 'lobby',
    })
  })

  it('hands out what it does not know as it is, and what is switched off', async () => {
    const { answer, spans } = await spansOf(
      (bound) => [bound.PIPE === env.PIPE, bound.MAIL === env.MAIL, bound.SECRET === env.SECRET],
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
