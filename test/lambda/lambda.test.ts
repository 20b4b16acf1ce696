// In: handlers without a runtime. Out: what needs none: what is handed on, and what is kept off the handler.
import type { Context } from 'aws-lambda'
import { createTracer, memoryExporter } from 'clew'
import { lambda, lambdaExtension } from 'clew/lambda'
import { afterEach, describe, expect, it } from 'vitest'

const exporter = memoryExporter()
const tracer = createTracer({ service: 'orders', exporter })
afterEach(() => exporter.reset())

const context = (remainingMs = 10_000): Context =>
  ({
    functionName: 'orders',
    functionVersion: '7',
    invokedFunctionArn: 'arn:aws:lambda:eu-central-1:123456789012:function:orders',
    memoryLimitInMB: '128',
    awsRequestId: 'r1',
    logGroupName: 'g',
    logStreamName: 's',
    getRemainingTimeInMillis: () => remainingMs,
  }) as Context

describe('lambda', () => {
  it('hands on a result that is no promise', async () => {
    expect(await lambda(tracer, () => 1)({}, context())).toBe(1)
  })

  it('hands on the error, the same object, synchronous or not', async () => {
    const thrown = { not: 'an error' }
    const fails = lambda(tracer, () => {
      throw thrown
    })
    await expect(fails({}, context())).rejects.toBe(thrown)
    await expect(lambda(tracer, () => Promise.reject(thrown))({}, context())).rejects.toBe(thrown)
    expect(exporter.spans.filter(({ statusCode }) => statusCode === 2)).toHaveLength(2)
  })

  it('keeps the marks of the runtime on its handler', () => {
    const mark = Symbol.for('aws.lambda.runtime.handler.streaming')
    const marked = Object.assign(async () => {}, { [mark]: 'response' })
    expect(Reflect.get(lambda(tracer, marked), mark)).toBe('response')
  })

  it('takes at most two arguments, for a third would be a callback', () => {
    expect(lambda(tracer, () => 1).length).toBeLessThan(3)
  })

  it('gives Lambda’s own context, with the span', async () => {
    const given = context()
    await lambda(tracer, (_event, { span, getRemainingTimeInMillis, awsRequestId }) => {
      expect(span.isRecording()).toBe(true)
      expect(getRemainingTimeInMillis()).toBe(10_000)
      expect(awsRequestId).toBe('r1')
    })({}, given)
    expect('span' in given).toBe(false)
  })

  it('sends the trace on with a request to the origin of CloudFront', async () => {
    const request = { method: 'GET', uri: '/', querystring: '', headers: { host: [{ key: 'Host', value: 'x' }] } }
    const event = { Records: [{ cf: { request } }] }
    const traced = lambda(tracer, async ({ Records }: typeof event) => Records[0]!.cf.request)
    const result = (await traced(event, context())) as typeof request & {
      headers: { traceparent: { value: string }[] }
    }
    const [root] = exporter.spans
    expect(result.headers.traceparent[0]!.value).toContain(`${root!.traceId}-${root!.spanId}`)
    expect(result.headers.host).toEqual([{ key: 'Host', value: 'x' }])
    expect(request.headers).not.toHaveProperty('traceparent')
  })

  it('records the status of a response, and a server error as one', async () => {
    const event = { version: '2.0', rawPath: '/', headers: {}, requestContext: { http: { method: 'GET' } } }
    await lambda(tracer, () => ({ statusCode: 503 }))(event, context())
    expect(exporter.spans[0]).toMatchObject({
      name: 'GET',
      statusCode: 2,
      attributes: { 'http.response.status_code': 503, 'error.type': '503' },
    })
  })

  it('is cold once', async () => {
    const traced = lambda(tracer, () => 1)
    await traced({}, context())
    await traced({}, context())
    const roots = exporter.spans.filter(({ name }) => name === 'orders')
    expect(roots.map(({ attributes }) => attributes['faas.coldstart'])).toEqual([true, false])
    expect(exporter.spans.filter(({ name }) => name === 'init')).toHaveLength(1)
  })

  it('is never cold where the environment was made in advance', async () => {
    process.env['AWS_LAMBDA_INITIALIZATION_TYPE'] = 'provisioned-concurrency'
    try {
      await lambda(tracer, () => 1)({}, context())
    } finally {
      delete process.env['AWS_LAMBDA_INITIALIZATION_TYPE']
    }
    expect(exporter.spans.map(({ attributes }) => attributes['faas.coldstart'])).toEqual([false])
  })

  it('hands on a result that does not like to be looked at', async () => {
    const shy = {
      get statusCode(): number {
        throw new Error('no')
      },
      get batchItemFailures(): [] {
        throw new Error('no')
      },
    }
    const event = { version: '2.0', rawPath: '/', headers: {}, requestContext: { http: { method: 'GET' } } }
    const sqs = { Records: [{ eventSource: 'aws:sqs', eventSourceARN: 'a:b:jobs', messageId: '1', body: 'x' }] }
    const quiet = createTracer({ service: 'orders', exporter, onError() {} })
    for (const each of [event, sqs]) expect(await lambda(quiet, () => shy)(each, context())).toBe(shy)
  })

  it('runs a handler whose time has already run out', async () => {
    expect(await lambda(tracer, async () => 'done')({}, context(0))).toBe('done')
  })
})

describe('lambdaExtension', () => {
  it('is not active outside Lambda', async () => {
    expect((await lambdaExtension()).isActive).toBe(false)
  })

  it('says so, and is not active, where Lambda refuses', async () => {
    process.env['AWS_LAMBDA_RUNTIME_API'] = '127.0.0.1:1'
    const errors: unknown[] = []
    try {
      expect((await lambdaExtension((error) => errors.push(error))).isActive).toBe(false)
    } finally {
      delete process.env['AWS_LAMBDA_RUNTIME_API']
    }
    expect(errors).toHaveLength(1)
  })
})
