// In: baggage that a caller sent. Out: what of it goes on, into calls, messages, spans and logs.
// Must stay true: W3C Baggage lets every service change and delete members; what is no secret travels on as it came.
import { createTracer, type TracerOptions } from 'clew'
import { logs } from 'clew/logs'
import { hmac } from 'clew/privacy'
import { recorder } from 'clew/testing'
import { expect, test } from 'vitest'

const SECRETS = 'session_token=s3cret,user%61=x,password=s3cret;meta=s3cret,at=https://u:s3cret@h.example/'
const PLAIN = 'tenant=acme;ttl=5,plan=gold%20plus'

/** In any order: what is changed may move. */
const membersOf = (header: string | undefined): string[] => header!.split(',').sort()

/** Everything that leaves an invocation begun with `baggage`. */
async function leaves(header: string, options: Partial<TracerOptions> = {}) {
  const record = recorder()
  const lines: string[] = []
  const tracer = createTracer({
    service: 'test',
    ...record.options,
    baggageKeys: ['session_token', 'tenant'],
    logs: logs({ otlp: true, baggage: ['session_token', 'password', 'tenant'], print: (_, line) => lines.push(line) }),
    ...options,
  })
  const kept: Promise<unknown>[] = []
  const headers = new Headers({ baggage: header, traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` })
  const sent = tracer.invoke(
    { name: 'root', env: {}, carrier: headers, keepAlive: (promise) => void kept.push(promise) },
    (span) => {
      span.log.info('hello')
      const { $trace } = span.carry({})
      const other = span.continueTrace(headers, 'continued', (span) => span.carry({}).$trace)
      return { own: $trace['baggage'], continued: other['baggage'], read: span.baggage }
    },
  )
  await Promise.all(kept)
  const all = JSON.stringify([sent.own, sent.continued, lines, record.exporter.batches])
  return { ...sent, all, spans: record.exporter.batches.flatMap(({ spans }) => spans) }
}

test('a secret of a caller’s is in no header, message, span or log of ours', async () => {
  const { own, continued, all, read } = await leaves(`${PLAIN},${SECRETS}`)
  const safe =
    'tenant=acme;ttl=5,plan=gold%20plus,session_token=REDACTED,user%61=x,password=REDACTED,at=https://REDACTED:REDACTED@h.example/'
  expect(membersOf(own)).toEqual(membersOf(safe))
  expect(continued).toBe(own)
  expect(all).not.toContain('s3cret')
  expect(read?.get('session_token')).toBe('REDACTED')
})

test('without one, baggage travels on as it came, octet by octet', async () => {
  for (const header of [PLAIN, 'a=1,a=2,b=', 'tenant=acme', 'key=%E2%82%AC;p=1;q']) {
    const { own } = await leaves(header)
    // Of members with one key the last counts, unless nothing had to be rebuilt.
    expect(own).toBe(header)
  }
})

test('what is revealed by name is left alone', async () => {
  const { own } = await leaves('session_token=s1', { reveal: ['session_token'] })
  expect(own).toBe('session_token=s1')
})

test('the hook is asked for what a caller sent, once', async () => {
  const asked: string[] = []
  const { own, continued } = await leaves('who=ann@mail.example,gone=1,tenant=acme', {
    baggageKeys: [],
    redact: (key, value, where) => {
      if (where === 'baggage') asked.push(key)
      if (key === 'gone') return undefined
      return typeof value === 'string' ? value.replace(/\S+@\S+/, '[mail]') : value
    },
    logs: logs({ console: 'none' }),
  })
  // Brackets are allowed in a value and are written as they are.
  expect(membersOf(own)).toEqual(['tenant=acme', 'who=[mail]'])
  expect(continued).toBe(own)
  // Once for the invocation, once for the carrier that was continued.
  expect(asked).toEqual(['who', 'gone', 'tenant', 'who', 'gone', 'tenant'])
})

test('a hash stays the same from service to service', async () => {
  const mask = hmac('sixteen characters and more')
  const first = await leaves('session_token=s1', { mask })
  expect(first.own).toBe(`session_token=${mask('s1')}`)
  const second = await leaves(first.own!, { mask })
  expect(second.own).toBe(first.own)
  expect(second.spans[0]!.attributes['session_token']).toBe(mask('s1'))
})
