// In: hosts, bindings and libraries that are handed secrets wherever they take something. Out: proof that none leaves.
// Must stay true: no privacy option is set; what is searched is every byte that leaves, whoever sent it.
import type { APIGatewayProxyEventV2, Context } from 'aws-lambda'
import { createTracer, otlp, type Span, type Tracer, type TracerOptions } from 'clew'
import { allBindings } from 'clew/bindings'
import { handle } from 'clew/handle'
import { type ClewVariables, clew } from 'clew/hono'
import { lambda } from 'clew/lambda'
import { logs } from 'clew/logs'
import { metrics } from 'clew/metrics'
import { nativeSpans } from 'clew/native'
import { outbound } from 'clew/propagate'
import { queueEvents, workers } from 'clew/workers'
import { Hono } from 'hono'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { redactUrl } from '../../src/runtime/redact.ts'
import { plain } from '../collector.ts'
import { secret, Watch } from './plant.ts'

let watch: Watch
beforeEach(async () => void (watch = await Watch.start()))
afterEach(() => watch.close())

const tracerOf = (options: Partial<TracerOptions> = {}): Tracer =>
  createTracer({
    service: 'planted',
    exporter: otlp({ url: watch.collector.url }),
    logs: logs({ otlp: true, exceptions: 'both' }),
    metrics: metrics({ url: watch.collector.url, intervalMs: 0 }),
    outbound: outbound({ baggage: true }),
    bindings: allBindings,
    ...options,
  })

/** A query with a secret under each key that names one, as text and as a record. */
const KEYS = ['token', 'access_token', 'api_key', 'password', 'client_secret', 'X-Amz-Signature', 'sessionId', 'jwt']
const queryOf = (): Record<string, string> => Object.fromEntries(KEYS.map((key) => [key, secret()]))
const text = (query: object): string => new URLSearchParams({ ...query }).toString()

const headersOf = (): Record<string, string> => ({
  authorization: `Bearer ${secret()}`,
  cookie: `sid=${secret()}`,
  'x-api-key': secret(),
  baggage: `session_token=${secret()},tenant=acme`,
  'user-agent': 'test',
})

/** What a handler does that is careless: logs what it was given, and fails with it. */
function careless(span: Span<never>, given: unknown, ...more: string[]): never {
  span.log.info('got', { given, more } as never)
  span.setAttribute('given', given as never)
  throw new Error(`cannot handle ${more.join(' ')}`, { cause: new Error(`because of ${more.join(' ')}`) })
}

const settle = async (call: () => unknown): Promise<void> => {
  try {
    await call()
  } catch {}
  await watch.idle()
}

const left = (): void => {
  expect(watch.collector.spans().length).toBeGreaterThan(0)
  expect(watch.found).toEqual([])
  expect(watch.everything).toContain('REDACTED')
}

describe('Lambda', () => {
  const context = {
    functionName: 'f',
    awsRequestId: '1',
    getRemainingTimeInMillis: () => 10_000,
  } as Context
  const invoke = (event: unknown, act: (event: never, span: Span<never>) => unknown) =>
    settle(() => lambda(tracerOf(), (event: never, { span }) => act(event, span as never))(event as never, context))

  test('events of an HTTP API', async () => {
    const query = queryOf()
    const event: Partial<APIGatewayProxyEventV2> = {
      version: '2.0',
      rawPath: '/',
      rawQueryString: text(query),
      queryStringParameters: query,
      headers: headersOf(),
      cookies: [`sid=${secret()}`],
      body: JSON.stringify({ password: secret() }),
      requestContext: { http: { method: 'GET', path: '/', sourceIp: '192.0.2.1', protocol: 'HTTP/1.1' } } as never,
    }
    await invoke(event, ({ queryStringParameters, headers }: APIGatewayProxyEventV2, span) =>
      careless(span, { queryStringParameters, headers }, `https://a.example/?${text(query)}`),
    )
    left()
  })

  test('events of a REST API and of a load balancer', async () => {
    for (const requestContext of [{ stage: 'prod', path: '/', identity: {} }, { elb: { targetGroupArn: 'arn' } }]) {
      const query = queryOf()
      const event = { httpMethod: 'GET', path: '/', headers: headersOf(), queryStringParameters: query, requestContext }
      await invoke(event, (_, span) => careless(span, query, `https://a.example/?${text(query)}`))
    }
    left()
  })

  test('batches, notifications, streams, schedules and direct calls', async () => {
    const record = (more: object) => ({ Records: [{ messageId: 'm1', receiptHandle: secret(), ...more }] })
    const body = JSON.stringify({ password: secret() })
    const attributes = { token: { stringValue: secret(), dataType: 'String' } }
    const events = [
      record({
        eventSource: 'aws:sqs',
        eventSourceARN: 'arn:aws:sqs:eu:1:jobs',
        body,
        attributes: {},
        messageAttributes: attributes,
      }),
      record({
        EventSource: 'aws:sns',
        Sns: { Message: body, TopicArn: 'arn:aws:sns:eu:1:t', MessageAttributes: attributes },
      }),
      record({
        eventSource: 'aws:kinesis',
        eventSourceARN: 'arn:aws:kinesis:eu:1:stream/s',
        kinesis: { data: btoa(body) },
      }),
      record({
        eventSource: 'aws:dynamodb',
        eventSourceARN: 'arn:aws:dynamodb:eu:1:table/t/stream',
        dynamodb: { NewImage: { password: { S: secret() } } },
      }),
      record({ eventSource: 'aws:s3', s3: { bucket: { name: 'b' }, object: { key: 'k', sequencer: secret() } } }),
      { 'detail-type': 'OrderPlaced', source: 'shop', id: '1', detail: { token: secret() } },
      {
        info: { fieldName: 'f', parentTypeName: 'Query' },
        request: { headers: headersOf() },
        arguments: { password: secret() },
      },
      { userPoolId: 'p', triggerSource: 'PreSignUp_SignUp', request: { userAttributes: { email: secret() } } },
      { anything: 'direct', password: secret(), token: { deep: secret() } },
    ]
    for (const event of events)
      await invoke(event, (_, span) => {
        span.setAttribute('seen', true)
        throw new Error('no')
      })
    expect(watch.collector.spans().length).toBeGreaterThanOrEqual(events.length)
    expect(watch.found).toEqual([])
  })
})

describe('Hono', () => {
  const app = (tracer: Tracer) => {
    const app = new Hono<{ Variables: ClewVariables }>()
    app.use(clew(tracer))
    app.get('/carts/:id', (c) =>
      careless(c.var.span as never, { query: c.req.query(), headers: c.req.header() }, c.req.url),
    )
    app.onError((error, c) => {
      c.var.span.log.error(error)
      return c.text('sorry', 500)
    })
    return app
  }
  test('a request, and what its handler throws', async () => {
    const url = `https://a.example/carts/7?${text(queryOf())}#access_token=${secret()}`
    await settle(() => app(tracerOf()).request(url, { headers: headersOf() }))
    await expect.poll(() => watch.collector.spans().length).toBe(1)
    await watch.idle()
    left()
  })
})

test('a handler of any web host, with what its answer says', async () => {
  const tracer = tracerOf()
  const answer = handle(
    tracer,
    async (request, { span }) => {
      span.log.info(request.url)
      return new Response(secret(), {
        status: 500,
        headers: { 'set-cookie': `sid=${secret()}`, location: `/?token=${secret()}` },
      })
    },
    { waitUntil: watch.waitUntil },
  )
  const headers = headersOf()
  await (
    await answer(new Request(`https://u:${secret()}@a.example/?${text(queryOf())}`.replace(/u:.*?@/, ''), { headers }))
  ).text()
  await watch.idle()
  left()
})

describe('Workers', () => {
  const ctx = () => ({ waitUntil: watch.waitUntil, passThroughOnException() {} }) as never

  test('a batch of messages, acknowledged, retried and failed', async () => {
    const message = (id: string) => ({
      id,
      body: { password: secret(), nested: { token: secret() }, $trace: { baggage: `session_token=${secret()}` } },
      attempts: 1,
      timestamp: new Date(),
      ack() {},
      retry() {},
    })
    const worker = workers(
      tracerOf(),
      {
        async queue(batch: { messages: readonly { body: unknown }[] }, _env: object, { span }: { span: Span<never> }) {
          for (const { body } of batch.messages)
            try {
              await span.continueTrace(body as never, 'handle', async (span: Span<never>) => careless(span, body))
            } catch {}
          throw new Error(`no https://u:${secret()}@h.example/`)
        },
      } as never,
      [queueEvents],
    ) as unknown as { queue(batch: object, env: object, ctx: object): Promise<void> }
    await settle(() =>
      worker.queue({ queue: 'jobs', messages: [message('1'), message('2')], ackAll() {}, retryAll() {} }, {}, ctx()),
    )
    left()
  })

  test('bindings: queries, values, messages, arguments, and their errors', async () => {
    /** A binding as the runtime has it, recognised by the name of its class. */
    const binding = (className: string, methods: object): object =>
      Object.assign(Object.create({ constructor: { name: className } }), methods)
    const statement: object = {
      bind: () => statement,
      all: async () => ({ results: [{ password: secret() }], meta: {} }),
      run: async () => {
        throw new Error(`D1_ERROR: near https://u:${secret()}@h`)
      },
    }
    const env = {
      DB: binding('D1Database', {
        prepare: () => statement,
        exec: async () => ({ count: 1, duration: 1 }),
        batch: async () => [],
      }),
      KV: binding('KvNamespace', { get: async () => secret(), put: async () => {} }),
      R2: binding('R2Bucket', { put: async () => ({ size: 1 }) }),
      JOBS: binding('WorkerQueue', { send: async () => {}, sendBatch: async () => {} }),
      AI: binding('Ai', { run: async () => ({ response: secret() }) }),
      OTHER: binding('Fetcher', {
        fetch: async () => new Response(secret()),
        charge: async () => {
          throw new Error(`no https://u:${secret()}@h.example/`)
        },
      }),
    }
    const worker = workers(tracerOf(), {
      async fetch(_request: Request, given: typeof env, { span }: { span: Span<never> }) {
        // biome-ignore lint/suspicious/noExplicitAny: bindings as far as they are used
        const { DB, KV, R2, JOBS, AI, OTHER } = given as any
        await DB.prepare(`select * from users where password = '${secret()}' and pin = "${secret()}"`)
          .bind(secret())
          .all()
        await DB.prepare(`update users set token = $$${secret()}$$ -- ${secret()}`)
          .run()
          .catch(() => {})
        await DB.exec(`insert into users values ('${secret()}', "${secret()}")`)
        await KV.get('key')
        await KV.put('key', secret(), { metadata: { token: secret() } })
        await R2.put('key', secret(), { customMetadata: { token: secret() } })
        await JOBS.send(span.carry({ password: secret() }))
        await JOBS.sendBatch([{ body: { token: secret() } }])
        await AI.run('@cf/model', { prompt: secret(), messages: [{ role: 'user', content: secret() }] })
        await OTHER.fetch(`https://other.internal/?token=${secret()}`, {
          headers: { authorization: secret() },
          method: 'POST',
          body: secret(),
        })
        await OTHER.charge({ password: secret() }, secret()).catch(() => {})
        return new Response('ok')
      },
    } as never) as unknown as { fetch(request: Request, env: object, ctx: object): Promise<Response> }
    await settle(() => worker.fetch(new Request('https://a.example/', { headers: headersOf() }), env, ctx()))
    expect(watch.collector.spans().length).toBeGreaterThan(10)
    expect(watch.found).toEqual([])
  })
})

describe('what goes beside the export', () => {
  const run = (tracer: Tracer, act: (span: Span<never>) => unknown, start: object = {}) =>
    settle(() => tracer.invoke({ name: 'root', env: {}, keepAlive: watch.waitUntil, ...start }, act as never))

  test('metrics, of kept traces and of others', async () => {
    for (const decision of ['RECORD_AND_SAMPLE', 'DROP'] as const) {
      const attributes = {
        'http.request.method': 'GET',
        'http.route': `/p?token=${secret()}`,
        'error.type': `https://u:${secret()}@h.example/`,
      }
      await run(tracerOf({ sampler: { description: decision, shouldSample: () => ({ decision }) } }), () => {}, {
        kind: 1,
        attributes,
      })
    }
    expect(watch.collector.metrics()).toHaveLength(2)
    left()
  })

  test('the host’s own tracing', async () => {
    const told: unknown[] = []
    const native = {
      isTraced: true,
      setAttribute: (...args: unknown[]) => void told.push(args),
      setStatus: (...args: unknown[]) => void told.push(args),
      updateName: (...args: unknown[]) => void told.push(args),
      end() {},
    }
    const startSpan = (name: string) => {
      told.push(name)
      return native
    }
    const mirror = nativeSpans({ startSpan, withActiveSpan: (_, act) => act() })
    await run(tracerOf({ mirror }), (span) => {
      span.setAttributes({ password: secret(), 'url.full': `https://u:${secret()}@h.example/?token=${secret()}` })
      span.updateName(`GET /?token=${secret()}`)
      span
        .startSpan(`GET /?token=${secret()}`)
        .setStatus({ code: 'error', message: `https://u:${secret()}@h.example/` })
        .end()
    })
    expect(told.length).toBeGreaterThan(5)
    expect(JSON.stringify(told)).not.toContain('pl4nt3d')
    expect(watch.found).toEqual([])
  })

  test('clew’s own warnings', async () => {
    const dead = `http://127.0.0.1:1/?api_key=${secret()}`
    const late: (() => void)[] = []
    const failing = async () => {
      throw new Error(`no https://u:${secret()}@h.example/`)
    }
    const tracers = [
      tracerOf({ exporter: otlp({ url: dead, tracesUrl: dead, timeoutMs: 50 }) }),
      tracerOf({ exporter: { export: failing } }),
      tracerOf({
        redact: () => {
          throw new Error(`no https://u:${secret()}@h.example/`)
        },
      }),
      tracerOf({ metrics: metrics({ url: dead, metricsUrl: dead, timeoutMs: 50 }) }),
    ]
    for (const tracer of tracers)
      await run(tracer, (span) => {
        const open = span.startSpan(`GET https://u:${secret()}@h.example/?token=${secret()}`)
        late.push(() => open.end())
      })
    const redirecting = `https://login.example/?code=${secret()}&token=${secret()}`
    watch.collector.script({ kind: 'status', status: 302, headers: { location: redirecting } })
    await run(tracerOf(), () => {})
    for (const end of late) end()
    expect(watch.printed.length).toBeGreaterThan(3)
    expect(watch.found).toEqual([])
  })
})

describe('texts', () => {
  const run = async (act: (span: Span<never>) => unknown) => {
    await settle(() => tracerOf().invoke({ name: 'root', env: {}, keepAlive: watch.waitUntil }, act as never))
    await watch.idle()
  }

  test.each([
    ['userinfo with signs in it', () => `https://u:${secret()}@${secret()}@h.example/p`],
    ['a name alone', () => `https://${secret()}@h.example/p`],
    ['other schemes', () => `mongodb+srv://u:${secret()}@h.example/db redis://:${secret()}@h.example:6379`],
    ['a fragment', () => `https://a.example/#access_token=${secret()}&token_type=bearer`],
    ['a code in a fragment', () => `https://a.example/#code=${secret()}&state=1`],
    ['a key of a framework’s alone', () => `/?user[password]=${secret()}`],
    ['a list alone', () => `/?token[]=${secret()}`],
    [
      'keys of frameworks',
      () => `https://a.example/?user[password]=${secret()}&user%5Btoken%5D=${secret()}&token[]=${secret()}`,
    ],
    [
      'keys by other names',
      () =>
        `https://a.example/?jwt=${secret()}&session_id=${secret()}&sessionid=${secret()}&csrf=${secret()}&pwd=${secret()}`,
    ],
    [
      'a link in a sentence',
      () => `see "https://a.example/?x=1&token=${secret()}", or (https://u:${secret()}@b.example/)`,
    ],
    ['two lines', () => `first\nhttps://u:${secret()}@a.example/\ntoken=${secret()}`],
    ['a form', () => `grant_type=password&username=u&password=${secret()}&client_secret=${secret()}`],
  ])('%s, in names, attributes, events, statuses, logs, errors and their causes', async (_what, made) => {
    await run((span) => {
      span.setAttribute('text', made()).setAttribute('list', [made(), { deep: [{ deeper: made() }] }])
      span.addEvent(made(), { text: made() }).addLink({ context: span.spanContext(), attributes: { text: made() } })
      span.startSpan(made()).setStatus({ code: 'error', message: made() }).end()
      span.log.warn(made(), { text: made(), deep: { er: [[made()]] }, url: made() })
      span.log.error(new Error(made(), { cause: made() }))
      span.recordException(
        new AggregateError([new Error(made())], made(), { cause: new Error(made(), { cause: { toString: made } }) }),
      )
      span.withBaggage({ text: made() }).carry({})
    })
    expect(watch.found).toEqual([])
  })

  test('of any length are read in one go: quadratic time would run into the time limit of the test', () => {
    for (const piece of [
      'a',
      '-',
      'token',
      'a=',
      '[',
      ' token',
      '%5D',
      'x://',
      '@',
      'password]',
      'session_',
      '&code',
      'token[]',
    ])
      expect(redactUrl(`@${piece.repeat(5e5 / piece.length)}&token=x`)).toMatch(/token=REDACTED$/)
  })

  test('fields nested as deep as they go, in every kind of object', async () => {
    const deep = (depth: number): object => (depth ? { a: deep(depth - 1), b: [deep(0)] } : { password: secret() })
    class Account {
      password = secret()
      get token(): string {
        return secret()
      }
    }
    await run((span) => {
      const fields = {
        deep: deep(20),
        'too deep': deep(60),
        account: new Account(),
        json: { toJSON: () => ({ api_key: secret() }) },
        map: new Map([['password', secret()]]),
        error: Object.assign(new Error('x'), { password: secret() }),
        null: Object.assign(Object.create(null), { cookie: secret() }),
        headers: new Headers({ authorization: secret() }),
        params: new URLSearchParams({ token: secret() }),
        url: new URL(`https://u:${secret()}@a.example/?token=${secret()}`),
      }
      span.log.info('fields', fields)
      span.setAttributes(fields as never).addEvent('event', fields as never)
    })
    expect(watch.found).toEqual([])
  })

  test('trace state and ids of a caller’s that are none', async () => {
    const headers = new Headers({
      traceparent: `00-${secret()}-${secret()}-01`,
      tracestate: `password=${secret()} x`,
      baggage: `not a member ${secret()}`,
    })
    await settle(() =>
      tracerOf().invoke({ name: 'root', env: {}, carrier: headers, keepAlive: watch.waitUntil }, (span) =>
        span.fetch(watch.origin),
      ),
    )
    expect(watch.collector.spans().length).toBe(2)
    expect(watch.found).toEqual([])
  })
})

test('the search finds what is not hidden: the proof can fail', async () => {
  await settle(() =>
    tracerOf().invoke({ name: 'root', env: {}, keepAlive: watch.waitUntil }, (span) => {
      span.setAttribute('harmless', secret())
      span.log.info(secret())
    }),
  )
  expect(watch.found.length).toBeGreaterThanOrEqual(3)
  expect(plain(watch.collector.spans()[0]!.attributes)['harmless']).toContain('pl4nt3d')
})
