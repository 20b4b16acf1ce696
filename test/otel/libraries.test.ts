// In: libraries as their authors publish them. Out: their spans in the invocation they ran in.
import { OpenTelemetry } from '@ai-sdk/otel'
import { httpInstrumentationMiddleware } from '@hono/otel'
import { context, trace } from '@opentelemetry/api'
import { generateText, stepCountIs, tool } from 'ai'
import { MockLanguageModelV4 } from 'ai/test'
import type { Span } from 'clew'
import { openTelemetry } from 'clew/otel'
import { Hono } from 'hono'
import { afterEach, describe, expect, test } from 'vitest'
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
