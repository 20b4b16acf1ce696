// In: libraries as their authors publish them. Out: their spans in the invocation they ran in.
import { createRequire } from 'node:module'
import { OpenTelemetry } from '@ai-sdk/otel'
import { envelop, useEngine, useSchema } from '@envelop/core'
import { useOpenTelemetry } from '@envelop/opentelemetry'
import { httpInstrumentationMiddleware } from '@hono/otel'
import { instrumentDrizzleClient } from '@kubiks/otel-drizzle'
import { context, SpanKind, type TracerProvider, trace } from '@opentelemetry/api'
import { PrismaInstrumentation } from '@prisma/instrumentation'
import { generateText, stepCountIs, tool } from 'ai'
import { MockLanguageModelV4 } from 'ai/test'
import type { Span } from 'clew'
import { openTelemetry } from 'clew/otel'
import { sanitizeQueries } from 'clew/privacy'
import { sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/pg-proxy'
import { Hono } from 'hono'
import { afterEach, describe, expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { bench, tree } from '../runtime/harness.ts'

afterEach(() => {
  trace.disable()
  context.disable()
})

const untimed = (text: string): string => text.replace(/ \[[^\]]*\]/g, '')

describe('the AI SDK takes span.tracer', () => {
  const usage = {
    inputTokens: { total: 3, noCache: 3, cacheRead: undefined, cacheWrite: undefined },
    outputTokens: { total: 2, text: 2, reasoning: undefined },
  }
  const model = () => {
    let call = 0
    return new MockLanguageModelV4({
      doGenerate: async () =>
        call++ === 0
          ? {
              content: [{ type: 'tool-call', toolCallId: '1', toolName: 'weather', input: '{"city":"Oslo"}' }],
              finishReason: { unified: 'tool-calls', raw: undefined },
              usage,
              warnings: [],
            }
          : {
              content: [{ type: 'text', text: 'Cold.' }],
              finishReason: { unified: 'stop', raw: undefined },
              usage,
              warnings: [],
            },
    })
  }

  test.each([
    ['with nothing registered', () => ({})],
    ['with ambient context', () => ({ ambient: openTelemetry({ context, trace }) })],
  ])('%s: its spans are a tree under the span it was given', async (_how, options) => {
    const { run, idle, exporter } = bench(options())
    await run((span) =>
      span.enterSpan('ask', async (span) => {
        const { text } = await generateText({
          model: model(),
          prompt: 'Weather?',
          stopWhen: stepCountIs(3),
          tools: {
            weather: tool({ inputSchema: z.object({ city: z.string() }), execute: async () => 'snow' }),
          },
          telemetry: { integrations: [new OpenTelemetry({ tracer: span.tracer })] },
        })
        expect(text).toBe('Cold.')
      }),
    )
    await idle()
    const text = untimed(tree(exporter.spans))
    expect(text).toMatch(/^root\n {2}ask\n {4}\S/)
    expect(text).toMatch(/\n {6}.*\n/)
    expect(text).toContain('weather')
    expect(new Set(exporter.spans.map(({ traceId }) => traceId)).size).toBe(1)
    const counted = exporter.spans.filter((span) => span.attributes['gen_ai.usage.input_tokens'] !== undefined)
    expect(counted.length).toBeGreaterThan(0)
    for (const span of counted) expect(span.attributes['gen_ai.usage.input_tokens']).toBeTypeOf('number')
  })
})

describe('@hono/otel', () => {
  const respond = (app: Hono<{ Bindings: { span: Span } }>) =>
    app.get('/users/:id', (c) => {
      c.env.span.startSpan('in the handler').end()
      return c.text(c.req.param('id'))
    })

  test('takes span.tracer', async () => {
    const { run, idle, exporter } = bench()
    const app = new Hono<{ Bindings: { span: Span } }>()
    app.use((c, next) => httpInstrumentationMiddleware({ tracer: c.env.span.tracer })(c, next))
    respond(app)
    const response = await run((span) => app.request('/users/7', {}, { span }))
    await idle()
    expect(await response.text()).toBe('7')
    expect(untimed(tree(exporter.spans, ['http.response.status_code']))).toBe(
      'root\n  GET /users/:id http.response.status_code=200\n  in the handler',
    )
  })

  test('joins by ambient context, and is the ambient parent itself', async () => {
    const { run, idle, exporter } = bench({ ambient: openTelemetry({ context, trace }) })
    const app = new Hono<{ Bindings: { span: Span } }>()
    app.use(httpInstrumentationMiddleware())
    app.get('/users/:id', (c) => {
      trace.getTracer('app').startSpan('in the handler').end()
      return c.text('7')
    })
    await run((span) => app.request('/users/7', {}, { span }))
    await idle()
    expect(untimed(tree(exporter.spans))).toBe('root\n  GET /users/:id\n    in the handler')
  })
})

describe('a GraphQL server with @envelop/opentelemetry', () => {
  // As the plugin gets it: graphql refuses to meet a second copy of itself.
  const graphql = createRequire(import.meta.url)('graphql') as typeof import('graphql')
  const schema = graphql.buildSchema('type Cart { id: ID, items: Int } type Query { cart(id: ID!): Cart, broken: Int }')
  const rootValue = {
    async cart({ id }: { id: string }, { span }: { span: Span }) {
      await span.enterSpan('load', async () => {})
      return { id, items: () => 3 }
    },
    broken() {
      throw new Error('no such thing')
    },
  }
  /** A server for one request, as `provider` traces it. */
  const execute = async (span: Span, source: string, provider: Pick<TracerProvider, 'getTracer'>) => {
    const plugins = [useEngine(graphql), useSchema(schema), useOpenTelemetry({ resolvers: true }, provider as never)]
    const server = envelop({ plugins })({ span })
    const document = server.parse(source)
    return server.execute({ schema, document, rootValue, contextValue: await server.contextFactory() })
  }

  test.each([
    ['takes span.tracer', () => ({}), (span: Span) => ({ getTracer: () => span.tracer })],
    [
      'joins by ambient context',
      () => ({ ambient: openTelemetry({ context, trace }) }),
      () => trace.getTracerProvider(),
    ],
  ])('%s: operation and resolvers are a tree under the request', async (_how, options, provider) => {
    const { run, idle, exporter } = bench(options())
    const result = await run((span) => execute(span, 'query Q { cart(id: 7) { id items } }', provider(span) as never))
    await idle()
    expect(result).toMatchObject({ data: { cart: { id: '7', items: 3 } } })
    expect(untimed(tree(exporter.spans, ['graphql.resolver.fieldName']))).toBe(
      [
        'root',
        '  query.Q',
        '    Query.cart graphql.resolver.fieldName=cart',
        '    Cart.id graphql.resolver.fieldName=id',
        '    Cart.items graphql.resolver.fieldName=items',
        '  load',
      ].join('\n'),
    )
    expect(exporter.spans.find(({ name }) => name === 'query.Q')!.kind).toBe(SpanKind.SERVER)
  })

  test('an error of a resolver is the operation’s', async () => {
    const { run, idle, exporter } = bench()
    await run((span) => execute(span, '{ broken }', { getTracer: () => span.tracer as never }))
    await idle()
    expect(untimed(tree(exporter.spans))).toContain('query.anonymous (exception) ERROR')
  })
})

describe('@prisma/instrumentation', () => {
  /** What Prisma's client calls while it runs a query; the instrumentation is what puts it there. */
  interface Helper {
    runInChildSpan<R>(options: { name: string; active?: boolean; attributes?: object }, callback: () => R): R
    dispatchEngineSpans(spans: readonly object[], events: readonly object[], log: () => void): void
    getTraceParent(): string
  }
  const query = (helper: Helper) =>
    helper.runInChildSpan({ name: 'operation', attributes: { method: 'findMany', model: 'Cart' } }, async () => {
      helper.runInChildSpan({ name: 'serialize', active: false }, () => {})
      const at = (ms: number) => [Math.floor(ms / 1000), (ms % 1000) * 1e6]
      const span = { kind: 'client', startTime: at(1_800_000_000_001), endTime: at(1_800_000_000_004) }
      const engine = { ...span, id: '1', parentId: null, name: 'prisma:engine:query', attributes: {} }
      const db = { ...span, id: '2', parentId: '1', name: 'prisma:engine:db_query', links: ['1'] }
      helper.dispatchEngineSpans(
        [engine, { ...db, attributes: { 'db.query.text': 'SELECT 1' } }],
        [{ spanId: '2', level: 'error', timestamp: at(1_800_000_000_002), attributes: { message: 'gone away' } }],
        () => {},
      )
      return helper.getTraceParent()
    })
  const helper = () => (globalThis as unknown as { PRISMA_INSTRUMENTATION: { helper: Helper } }).PRISMA_INSTRUMENTATION

  const enable = (provider: unknown) => {
    const instrumentation = new PrismaInstrumentation()
    instrumentation.setTracerProvider(provider as TracerProvider)
    instrumentation.enable()
    onTestFinished(() => instrumentation.disable())
  }

  test('joins by ambient context: a query is one subtree, with the engine’s own times', async () => {
    const { run, idle, exporter } = bench({ ambient: openTelemetry({ context, trace }) })
    enable(trace.getTracerProvider())
    const parent = await run((span) => span.enterSpan('list carts', () => query(helper().helper)))
    await idle()
    expect(untimed(tree(exporter.spans))).toBe(
      [
        'root',
        '  list carts',
        '    prisma:client:operation',
        '      prisma:client:serialize',
        '      prisma:engine:query',
        '        prisma:engine:db_query (error) (exception)',
      ].join('\n'),
    )
    const byName = (name: string) => exporter.spans.find((span) => span.name === name)!
    expect(byName('prisma:engine:db_query')).toMatchObject({
      startMs: 1_800_000_000_001,
      endMs: 1_800_000_000_004,
      links: [{ spanId: byName('prisma:engine:query').spanId }],
    })
    const { traceId, spanId } = byName('prisma:client:operation')
    expect(parent).toBe(`00-${traceId}-${spanId}-03`)
  })

  test('is given span.tracer: its spans stand under that span, side by side, for it nests by ambient context only', async () => {
    const { run, idle, exporter } = bench()
    await run((span) =>
      span.enterSpan('list carts', (span) => {
        enable({ getTracer: () => span.tracer })
        return query(helper().helper)
      }),
    )
    await idle()
    expect(untimed(tree(exporter.spans))).toBe(
      [
        'root',
        '  list carts',
        '    prisma:client:operation',
        '    prisma:client:serialize',
        '    prisma:engine:query',
        '    prisma:engine:db_query (error) (exception)',
      ].join('\n'),
    )
  })
})

test('the text of its queries leaves without literals where asked', async () => {
  const { run, idle, exporter } = bench({ ambient: openTelemetry({ context, trace }), redact: sanitizeQueries() })
  const db = drizzle(async () => ({ rows: [[1]] }))
  instrumentDrizzleClient(db as never)
  await run(async () => void (await db.execute(sql.raw("select * from carts where owner = 'ann' and id = 7"))))
  await idle()
  expect(exporter.spans[1]!.attributes['db.statement']).toBe('select * from carts where owner = ? and id = ?')
})

test('@kubiks/otel-drizzle knows only the ambient API: its queries join the span they run in', async () => {
  const { run, idle, exporter } = bench({ ambient: openTelemetry({ context, trace }) })
  const asked: string[] = []
  const db = drizzle(async (text) => {
    asked.push(text)
    return { rows: [[1]] }
  })
  instrumentDrizzleClient(db as never, { dbSystem: 'postgresql' })
  await run((span) => span.enterSpan('load', async () => void (await db.execute(sql`select 1 from carts`))))
  await idle()
  expect(asked).toEqual(['select 1 from carts'])
  expect(untimed(tree(exporter.spans, ['db.system']))).toBe('root\n  load\n    drizzle.select db.system=postgresql OK')
})
