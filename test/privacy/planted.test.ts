// In: an app that puts secrets everywhere an app can put them. Out: proof that no byte of them leaves by itself.
// Must stay true: everything that leaves is searched: request bodies and headers of every call, and the whole console.
import { createTracer, otlp, type Span, type TracerOptions } from 'clew'
import { json, protobuf } from 'clew/flush'
import { logs } from 'clew/logs'
import { detect, emails, hmac } from 'clew/privacy'
import { outbound } from 'clew/propagate'
import { workers } from 'clew/workers'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { sanitizedQuery } from '../../src/runtime/sql.ts'
import { plain } from '../collector.ts'
import { secret, secretsMade, Watch } from './plant.ts'

const KEYS = [
  'authorization', 'Authorization', 'http.request.header.authorization', 'http.request.header.cookie', 'set-cookie',
  'cookie', 'user.password', 'passwd', 'db_pwd', 'pwd', 'passphrase', 'token', 'accessToken', 'refresh_token', 'id-token', 'tokens',
  'api_key', 'apiKey', 'x-api-key', 'APIKEY', 'client_secret', 'aws.secret_access_key', 'private_key', 'privateKey',
  'access-key', 'signing.key', 'credentials', 'session', 'sessionId', 'session.id', 'jwt', 'x-csrf-token', 'XSRF', 'basic_auth', 'x-auth',
] // biome-ignore format: one list

const urls = () => [
  `https://user:${secret()}@db.example/x`,
  `postgres://${secret()}@db.example:5432/app`,
  ...[
    'token',
    'access_token',
    'sig',
    'X-Amz-Signature',
    'X-Amz-Credential',
    'X-Amz-Security-Token',
    'AWSAccessKeyId',
    'X-Goog-Signature',
    'api_key',
    'apikey',
    'password',
    'client_secret',
    'auth',
    'code',
  ].map((key) => `https://a.example/p?a=1&${key}=${secret()}&b=2#f`),
  `?token=${secret()}`,
  `token=${secret()}&b=1`,
]

/** All the ways in, in one handler. */
async function app(span: Span<unknown>, origin: string): Promise<void> {
  for (const key of KEYS) {
    span.setAttribute(key, secret())
    span.setAttributes({ [key]: secret(), [`list.${key}`]: [secret(), secret()] })
    span.setAttribute(`map.of.${key.length}.${secretsMade()}`, {
      [key]: secret(),
      deep: { deeper: [{ [key]: { any: secret(), n: [secret()] } }] },
    })
    span.addEvent('event', { [key]: secret() })
    span.addLink({ context: span.spanContext(), attributes: { [key]: secret() } })
    span
      .startSpan('child', {
        attributes: { [key]: secret() },
        links: [{ context: span.spanContext(), attributes: { [key]: secret() } }],
      })
      .end()
    span.log.info('fields', { [key]: secret(), nested: { [key]: secret(), list: [{ [key]: secret() }] } })
    span.log.error(new Error('x'), { [key]: [secret()] })
    span.withBaggage({ [key.replace(/[^\w-]/g, '_')]: secret() }).log.info('with baggage')
  }
  span.setAttribute('password', 12_345_678).setAttribute('password2', new TextEncoder().encode(secret()))
  for (const url of urls()) {
    span
      .setAttribute(`plain.${secretsMade()}`, url)
      .setAttribute(`list.${secretsMade()}`, [url])
      .setAttribute(`map.${secretsMade()}`, { url })
    span.setAttribute('url.full', url)
    span.updateName(`GET ${url}`)
    span.enterSpan(`call ${url}`, (span) => span.addEvent(`event ${url}`, { message: `failed: ${url}` }))
    span
      .startSpan('status')
      .setStatus({ code: 'error', message: `could not reach ${url}` })
      .end()
    span.recordException(new TypeError(`Failed to parse URL from ${url}`))
    span.log.warn(`retrying ${url}`, { url, error: new Error(url, { cause: new Error(url) }), at: new Date(0) })
    span.log.info(url, { target: url.startsWith('http') ? new URL(url) : url })
    const failing = () => {
      throw new Error(`thrown at ${url}`)
    }
    try {
      span.enterSpan('fails', failing)
    } catch {}
  }
  await span.fetch(`${origin}/p?token=${secret()}`)
  await span.fetch(`${origin}/p?X-Amz-Signature=${secret()}`, {
    headers: { authorization: `Bearer ${HEADER}`, cookie: HEADER },
  })
  // The host says what it will not fetch, with the whole URL.
  await span.fetch(`http://u:${secret()}@127.0.0.1:1/`).catch(() => {})
  await span.fetch(`relative?token=${secret()}`).catch(() => {})
  await span
    .withBaggage({ session_token: secret(), tenant: 'acme' })
    .fetch(`${origin}/b`, undefined, { propagate: true })
}

/** What the app itself sends on purpose, in the headers of its own call. */
const HEADER = 'own-header-secret'

let watch: Watch
beforeEach(async () => void (watch = await Watch.start()))
afterEach(() => watch.close())

async function run(
  options: Partial<TracerOptions>,
  act: (span: Span<unknown>) => Promise<unknown> = (span) => app(span, watch.origin),
) {
  const tracer = createTracer({
    service: 'planted',
    exporter: otlp({ url: watch.collector.url }),
    outbound: outbound({ baggage: true }),
    limits: { attributeCountLimit: 10_000, eventCountLimit: 10_000, linkCountLimit: 10_000 },
    ...options,
  })
  const env = {}
  const attributes = { 'user.token': secret(), 'url.full': `https://a:${secret()}@b.example/` }
  try {
    await tracer.invoke({ name: `GET /?token=${secret()}`, attributes, env, keepAlive: watch.waitUntil }, act)
  } finally {
    await watch.idle()
  }
}

/** Less what the app itself sends on purpose. */
const everything = (): string => watch.everything.replaceAll(HEADER, '')
const found = (): string[] => watch.found

describe.each([
  ['JSON', json],
  ['protobuf', protobuf],
])('with %s and no privacy option at all', (_name, encoder) => {
  test.each([
    ['spans and console lines', () => ({})],
    ['log records, pretty', () => ({ logs: logs({ console: 'pretty', otlp: true }) })],
    [
      'exceptions as log records',
      () => ({ logs: logs({ otlp: true, exceptions: 'both', baggage: ['session_token'] }) }),
    ],
    ['baggage as attributes', () => ({ baggageKeys: ['session_token'] })],
  ] as const)('no planted secret leaves: %s', async (_what, options) => {
    const before = secretsMade()
    await run({ exporter: otlp({ url: watch.collector.url, encoder: encoder() }), ...options() })
    expect(secretsMade() - before).toBeGreaterThan(500)
    expect(watch.collector.spans().length).toBeGreaterThan(30)
    expect(found()).toEqual([])
    expect(everything()).toContain('REDACTED')
    expect(everything()).not.toContain('12345678')
    // No header of the app's own call was captured.
    expect(watch.collector.requests.map(({ body }) => Buffer.from(body).toString('latin1')).join()).not.toContain(
      HEADER,
    )
  })
})

test('a Worker’s request may hold them wherever a request can', async () => {
  const tracer = createTracer({
    service: 'planted',
    exporter: otlp({ url: watch.collector.url }),
    logs: logs({ otlp: true }),
  })
  const worker = workers(tracer, {
    async fetch(request, _env, { span }) {
      span.log.info(`handling ${request.url}`, { headers: Object.fromEntries(request.headers) })
      span.setAttribute('request', { url: request.url, headers: Object.fromEntries(request.headers) })
      throw new Error(`cannot serve ${request.url}`)
    },
  })
  const request = new Request(`https://app.example/p?token=${secret()}&X-Amz-Signature=${secret()}&code=${secret()}`, {
    headers: { authorization: `Bearer ${secret()}`, cookie: `sid=${secret()}`, 'x-api-key': secret() },
  })
  const context = { waitUntil: watch.waitUntil }
  await Promise.resolve(worker.fetch(request, {}, context as never)).catch(() => {})
  await watch.idle()
  expect(watch.collector.spans()).toHaveLength(1)
  expect(watch.collector.logs()).toHaveLength(1)
  expect(found()).toEqual([])
})

test.each([
  ["select * from users where password = 'S'", 'select * from users where password = ?'],
  ["insert into t values ('it''s S', 12345, -1.5e3, 0xAB)", 'insert into t values (?, ?, -?, ?)'],
  ["select 'never closed S", 'select ?'],
  ['select * from t where id = ?1 and name = :name', 'select * from t where id = ?1 and name = :name'],
])('database text leaves without literals: %s', (sql, text) => {
  const query = sql.replace('S', secret())
  expect(sanitizedQuery(query)).toBe(text)
})

test('the search finds what is not hidden: the proof can fail', async () => {
  await run({}, async (span) => void span.setAttribute('harmless', secret()))
  expect(found()).toHaveLength(1)
})

test('a limit does not cut a secret out of recognition', async () => {
  await run({ limits: { attributeValueLengthLimit: 25 } }, async (span) => {
    span.setAttribute('at', `https://user:${secret()}-and-much-longer@db.example/`)
  })
  expect(found()).toEqual([])
})

test('secrets in what the handler throws do not leave', async () => {
  await run({}, async () => {
    throw new Error(`no https://u:${secret()}@h.example/`)
  }).catch(() => {})
  expect(found()).toEqual([])
})

test('counts, flags and keys named as harmless stay', async () => {
  await run({ reveal: ['session.id'] }, async (span) => {
    span.setAttributes({
      'gen_ai.usage.input_tokens': 12,
      has_token: true,
      'session.id': 's1',
      author: 'me',
      'monkey.id': 'm',
    })
  })
  expect(plain(watch.collector.spans()[0]!.attributes)).toMatchObject({
    'gen_ai.usage.input_tokens': 12n,
    has_token: true,
    'session.id': 's1',
    author: 'me',
    'monkey.id': 'm',
  })
})

test('a mask of one’s own keeps users apart', async () => {
  const mask = hmac('sixteen characters and more')
  await run({ mask }, async (span) => void span.setAttribute('session.id', 's1'))
  expect(plain(watch.collector.spans()[0]!.attributes)['session.id']).toBe(mask('s1'))
})

describe('redact(key, value, where)', () => {
  test('is asked for every value, in every place, before anything is kept', async () => {
    const asked: string[] = []
    const redact = (key: string, value: unknown, where: string) => {
      asked.push(`${where} ${key}`)
      return typeof value === 'string' ? value.replaceAll('mail', 'M') : (value as undefined)
    }
    await run({ redact: redact as never, logs: logs({ otlp: true }) }, async (span) => {
      span
        .setAttribute('a', 'mail')
        .addEvent('mail', { b: 'mail' })
        .addLink({ context: span.spanContext(), attributes: { c: 'mail' } })
      span.setStatus({ code: 'error', message: 'mail' }).updateName('mail')
      span
        .startSpan('mail', {
          attributes: { d: 'mail' },
          links: [{ context: span.spanContext(), attributes: { e: 'mail' } }],
        })
        .end()
      span.log.info('mail', { f: 'mail' })
      span.withBaggage({ g: 'mail' }).baggage!.get('g')!.includes('mail') && span.setAttribute('leak', 'leak')
      span.recordException(new Error('mail'))
      expect(asked).toContain('span a')
    })
    for (const each of [
      'span a',
      'event name',
      'event b',
      'link c',
      'link e',
      'span status.message',
      'span name',
      'span d',
      'log message',
      'log f',
      'baggage g',
      'event exception.message',
    ])
      expect(asked).toContain(each)
    expect(everything()).not.toMatch(/mail|leak/)
  })

  test('what it takes out is nowhere; if it throws, the value is withheld and the failure told', async () => {
    const onError = vi.fn()
    const redact = (key: string, value: never) => {
      if (key === 'gone') return undefined
      if (key === 'throws') throw new Error('mine')
      return value
    }
    await run(
      { redact: redact as never, onError },
      async (span) => void span.setAttributes({ gone: 'x', throws: 'y', kept: 'z' }),
    )
    const attributes = plain(watch.collector.spans()[0]!.attributes)
    expect(attributes).toMatchObject({ throws: 'REDACTED', kept: 'z' })
    expect(attributes).not.toHaveProperty('gone')
    expect(onError).toHaveBeenCalledOnce()
  })

  test('detectors plug in, masked or hashed', async () => {
    await run({ redact: detect([emails()], hmac('sixteen characters and more')) }, async (span) => {
      span.setAttribute('who', 'mail from ann@mail.example')
      throw new Error('no such user ann@mail.example')
    }).catch(() => {})
    expect(everything()).not.toContain('ann@')
    expect(plain(watch.collector.spans()[0]!.attributes)['who']).toMatch(/^mail from hmac:[0-9a-f]{16}$/)
  })
})
