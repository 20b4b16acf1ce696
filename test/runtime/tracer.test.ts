// In: options, right and wrong, and environments. Out: a tracer, a coded error, or a request that runs untraced.
import { ClewError, createTracer, memoryExporter, otlp } from 'clew'
import { environment } from 'clew/environment'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'

const host = { name: 'root', keepAlive: (promise: Promise<unknown>) => void promise.catch(() => {}) }

beforeEach(() => {
  vi.spyOn(console, 'error').mockImplementation(() => {})
  vi.spyOn(console, 'warn').mockImplementation(() => {})
})
afterEach(() => void vi.restoreAllMocks())

describe('wrong options', () => {
  test.each([
    [{}, 'invalid_option', /service/],
    [{ service: '' }, 'invalid_option', /service/],
    [{ service: 'a' }, 'missing_endpoint', /exporter: otlp/],
    [{ service: 'a', exporter: {} }, 'missing_endpoint', /exporter/],
    [
      { service: 'a', exporter: memoryExporter(), limits: { eventCountLimit: Number.NaN } },
      'invalid_option',
      /eventCountLimit/,
    ],
  ])('%j throw %s where the tracer is made', (options, code, message) => {
    const make = () => createTracer(options as never)
    expect(make).toThrow(ClewError)
    expect(make).toThrow(message)
    expect(make).toThrow(expect.objectContaining({ code }))
  })

  test('that only a request can show are reported once, loudly, and requests run untraced', async () => {
    const tracer = createTracer((env: { URL: string }) => ({ service: 'a', exporter: otlp({ url: env.URL }) }))
    const env = { URL: 'not a url' }
    for (let n = 0; n < 3; n++) {
      const result = tracer.invoke({ ...host, env }, (span) => {
        expect(span.isRecording()).toBe(false)
        expect(span.env).toBe(env)
        span.setAttribute('a', 1).addEvent('e').recordException(new Error('x'))
        span.startSpan('child').end()
        expect(span.carry({ a: 1 })).toEqual({ a: 1, $trace: {} })
        span.waitUntil(Promise.resolve())
        return span.enterSpan('child', (_, n) => n, 7)
      })
      expect(result).toBe(7)
    }
    expect(console.error).toHaveBeenCalledTimes(1)
    expect(vi.mocked(console.error).mock.calls[0]![0]).toMatch(/untraced.*url/i)
  })
})

describe('options made from env', () => {
  test('are made once for each env object', () => {
    const make = vi.fn((env: { NAME: string }) => ({ service: env.NAME, exporter: memoryExporter() }))
    const tracer = createTracer(make)
    const [a, b] = [{ NAME: 'a' }, { NAME: 'b' }]
    for (const env of [a, b, a, b, a]) tracer.invoke({ ...host, env }, () => {})
    expect(make.mock.calls).toEqual([[a], [b]])
  })

  test('are made once where the host has no env', () => {
    const make = vi.fn(() => ({ service: 'a', exporter: memoryExporter() }))
    const tracer = createTracer(make)
    for (let n = 0; n < 3; n++) tracer.invoke({ ...host, env: undefined }, () => {})
    expect(make).toHaveBeenCalledTimes(1)
  })
})

async function posted(env: Record<string, string>, options?: typeof environment) {
  const posts: { url: string; headers: Headers; body: string }[] = []
  const fetch = vi.spyOn(globalThis, 'fetch').mockImplementation(async (url, init) => {
    posts.push({ url: String(url), headers: new Headers(init?.headers), body: String(init?.body) })
    return Response.json({})
  })
  const tracer = createTracer(options)
  const kept: Promise<unknown>[] = []
  tracer.invoke({ name: 'root', env, keepAlive: (promise) => void kept.push(promise) }, () => {})
  await Promise.all(kept)
  fetch.mockRestore()
  return posts
}

describe('createTracer() with no options', () => {
  test('posts to the standard local endpoint, as the standard unknown service', async () => {
    const [post] = await posted({})
    expect(post!.url).toBe('http://localhost:4318/v1/traces')
    expect(post!.body).toContain('"key":"service.name","value":{"stringValue":"unknown_service"}')
  })

  test('reads service, resource, endpoint and headers', async () => {
    const [post] = await posted({
      OTEL_SERVICE_NAME: 'checkout',
      OTEL_RESOURCE_ATTRIBUTES: 'service.name=loses, deployment.environment.name=pro%2Cd,empty=',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector.example/base/',
      OTEL_EXPORTER_OTLP_HEADERS: 'api-key=a%20b,x=1',
      OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'x=2',
    })
    expect(post!.url).toBe('http://collector.example/base/v1/traces')
    expect([post!.headers.get('api-key'), post!.headers.get('x')]).toEqual(['a b', '2'])
    expect(post!.body).toContain('{"key":"service.name","value":{"stringValue":"checkout"}}')
    expect(post!.body).toContain('{"key":"deployment.environment.name","value":{"stringValue":"pro,d"}}')
  })

  test('takes a signal’s own endpoint as it is', async () => {
    const [post] = await posted({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://c.example/any/path' })
    expect(post!.url).toBe('http://c.example/any/path')
  })

  test('does nothing when OTEL_SDK_DISABLED is true', async () => {
    expect(await posted({ OTEL_SDK_DISABLED: 'TRUE' })).toEqual([])
  })

  test('discards a broken list whole, and says so', async () => {
    const [post] = await posted({ OTEL_RESOURCE_ATTRIBUTES: 'a=1,broken', OTEL_SERVICE_NAME: ' ' })
    expect(post!.body).not.toContain('"key":"a"')
    expect(console.warn).toHaveBeenCalledWith(expect.stringContaining('OTEL_RESOURCE_ATTRIBUTES'))
  })

  test('passes over no variable in silence that it cannot honour', async () => {
    await posted({
      OTEL_PROPAGATORS: 'b3',
      OTEL_TRACES_SAMPLER: 'always_off',
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_EXPORTER_OTLP_LOGS_HEADERS: 'key=secret',
    })
    await posted({ OTEL_PROPAGATORS: 'tracecontext,baggage' })
    const warnings = vi.mocked(console.warn).mock.calls.map(([text]) => String(text))
    expect(warnings.map((text) => /OTEL_\w+/.exec(text)?.[0])).toEqual([
      'OTEL_PROPAGATORS',
      'OTEL_TRACES_SAMPLER',
      'OTEL_EXPORTER_OTLP_LOGS_HEADERS',
    ])
    expect(warnings.join()).not.toContain('secret')
    expect(warnings[0]).toContain('clew/environment')
  })
})

describe('createTracer(environment)', () => {
  test('honours protocol, compression, propagators, sampler and limits', async () => {
    const [post] = await posted({ OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf' }, environment)
    expect(post!.headers.get('content-type')).toBe('application/x-protobuf')
    expect(await posted({ OTEL_TRACES_SAMPLER: 'always_off' }, environment)).toEqual([])
    expect(await posted({ OTEL_TRACES_EXPORTER: 'none' }, environment)).toEqual([])
    const options = environment({
      OTEL_PROPAGATORS: 'b3,tracecontext',
      OTEL_ATTRIBUTE_COUNT_LIMIT: '7',
      OTEL_SPAN_EVENT_COUNT_LIMIT: 'many',
    })
    expect(options.propagator?.fields).toContain('b3')
    expect(options.limits).toEqual({ attributeCountLimit: 7 })
    expect(console.warn).toHaveBeenCalledWith(expect.stringContaining('OTEL_SPAN_EVENT_COUNT_LIMIT=many'))
  })
})
