// What the W3C's validation harness asks (both levels, strict), over real HTTP: a request with raw header lines goes to a
// service that clew traces, the service calls on, and what arrives there is looked at.
import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SPAN_ID, TRACE_ID } from './carriers.ts'
import { fetchListener, listener } from './w3c-service.ts'

const servers: Server[] = []
const ports: Record<string, number> = {}
/** The header lines of every call that arrived. */
let arrived: [name: string, value: string][][] = []

async function listen(handler: RequestListener): Promise<number> {
  const server = createServer({ maxHeaderSize: 65_536 }, handler).listen(0, '127.0.0.1')
  servers.push(server)
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

beforeAll(async () => {
  ports['harness'] = await listen(({ rawHeaders }, response) => {
    arrived.push(
      Array.from({ length: rawHeaders.length / 2 }, (_, at) => [
        rawHeaders[at * 2]!.toLowerCase(),
        rawHeaders[at * 2 + 1]!,
      ]),
    )
    response.end('null')
  })
  ports['node'] = await listen(listener)
  ports['handle'] = await listen(fetchListener)
})

afterAll(() => {
  for (const server of servers) server.close().closeAllConnections()
})

/** Asks the service for calls, with header lines exactly as they are; answers what each call carried. */
async function calls(service: string, lines: readonly string[], count = 1): Promise<[parent: string, state: string][]> {
  arrived = []
  const url = `http://127.0.0.1:${ports['harness']}/callback`
  const body = JSON.stringify(Array.from({ length: count }, () => ({ url, arguments: [] })))
  const socket = connect(ports[service]!, '127.0.0.1')
  socket.write(
    ['POST /test HTTP/1.1', 'host: service', 'connection: close', `content-length: ${body.length}`, ...lines].join(
      '\r\n',
    ),
  )
  socket.write(`\r\n\r\n${body}`)
  let answer = ''
  for await (const chunk of socket.setEncoding('latin1')) answer += chunk
  expect(answer).toMatch(/^HTTP\/1.1 200 /)
  return arrived.map((headers) => {
    const under = (wanted: string): string[] => headers.filter(([name]) => name === wanted).map(([, value]) => value)
    expect(under('traceparent')).toEqual([expect.stringMatching(/^00-(?!0+-)[\da-f]{32}-(?!0+-)[\da-f]{16}-0[0-3]$/)])
    return [under('traceparent')[0]!, under('tracestate').join()]
  })
}

const T = TRACE_ID
const P = SPAN_ID
const parent = (version = '00', traceId = T, spanId = P, flags = '01', rest = ''): string =>
  `traceparent: ${version}-${traceId}-${spanId}-${flags}${rest}`
const CONTINUED = parent('00', T, P, '00')
/** Where a list has to arrive as it was, but for white space. */
const VALUE = Array.from({ length: 0x5f }, (_, at) => String.fromCharCode(0x20 + at))
  .filter((one) => one !== ',' && one !== '=')
  .join('')
const KEY = 'abcdefghijklmnopqrstuvwxyz0123456789_-*/'
const members = (from: number, to: number): string =>
  Array.from({ length: to - from + 1 }, (_, at) => `bar${from + at}=${from + at}`).join(',')

describe.each(['node', 'handle'])('a service by %s', (service) => {
  test.each<[string, readonly string[]]>([
    ['the header', [parent()]],
    ['another letter case', [parent().replace('traceparent', 'TrAcEpArEnT')]],
    ['capitals', [parent().replace('traceparent', 'TRACEPARENT')]],
    ['a future version', [parent('cc')]],
    ['a future version with more', [parent('cc', T, P, '01', '-what-the-future-will-be-like')]],
    ['white space around it', [parent().replace(' ', '\t ').concat(' \t')]],
  ])('goes on with the trace, under a span of its own: %s', async (_, lines) => {
    const [[traceparent] = ['']] = await calls(service, lines)
    expect(traceparent).toMatch(new RegExp(`^00-${T}-(?!${P})`))
  })

  test.each<[string, readonly string[]]>([
    ['no header', []],
    ['two headers', [parent('00', `${T.slice(1)}1`), parent()]],
    ['trace-parent', [parent().replace('traceparent', 'trace-parent')]],
    ['trace.parent', [parent().replace('traceparent', 'trace.parent')]],
    ['version 00 with a dot behind', [parent('00', T, P, '01', '.')]],
    ['version 00 with more behind', [parent('00', T, P, '01', '-what-the-future-will-be-like')]],
    ['a future version with a dot behind', [parent('cc', T, P, '01', '.what-the-future-will-be-like')]],
    ...['ff', '.0', '0.', '000', '0000', '0'].map((one): [string, string[]] => [`version ${one}`, [parent(one)]]),
    ...['0'.repeat(32), `.${T.slice(1)}`, `${T.slice(1)}.`, `${T}1`, T.slice(1), T.toUpperCase()].map(
      (one): [string, string[]] => [`trace id ${one}`, [parent('00', one)]],
    ),
    ...['0'.repeat(16), `.${P.slice(1)}`, `${P.slice(1)}.`, `${P}1`, P.slice(1), P.toUpperCase()].map(
      (one): [string, string[]] => [`parent id ${one}`, [parent('00', T, one)]],
    ),
    ...['.0', '0.', '001', '1', 'A1'].map((one): [string, string[]] => [`flags ${one}`, [parent('00', T, P, one)]]),
    ['a tracestate alone', ['tracestate: foo=1']],
    ['a tracestate beside a bad traceparent', [parent('ff'), 'tracestate: foo=1,bar=2']],
  ])('begins a trace of its own, random and without a tracestate: %s', async (_, lines) => {
    const [[traceparent, state] = ['', '']] = await calls(service, lines)
    expect(traceparent.slice(3, 35).toLowerCase()).not.toContain(T.slice(1))
    expect(traceparent).toMatch(/-0[23]$/)
    expect(state).toBe('')
  })

  test.each<[string, readonly string[], string]>([
    ['one header', ['tracestate: foo=1,bar=2'], 'foo=1,bar=2'],
    ['another letter case', ['TrAcEsTaTe: foo=1'], 'foo=1'],
    [
      'several',
      ['tracestate: foo=1,bar=2', 'tracestate: rojo=1,congo=2', 'tracestate: baz=3'],
      'foo=1,bar=2,rojo=1,congo=2,baz=3',
    ],
    ['an empty one before', ['tracestate:', 'tracestate: foo=1'], 'foo=1'],
    ['an empty one behind', ['tracestate: foo=1', 'tracestate:'], 'foo=1'],
    ['one key twice', ['tracestate: foo=1,foo=2'], 'foo=1,foo=2'],
    ['one key in two headers', ['tracestate: foo=1', 'tracestate: foo=1'], 'foo=1,foo=1'],
    ['every character', [`tracestate: ${KEY}=${VALUE}`], `${KEY}=${VALUE}`],
    ['every character, and @', [`tracestate: ${KEY}@a-z0-9_-*/=${VALUE}`], `${KEY}@a-z0-9_-*/=${VALUE}`],
    ['white space', ['tracestate: foo=1 \t , \t bar=2, \t baz=3'], 'foo=1,bar=2,baz=3'],
    ['tabs', ['tracestate: \tfoo=1\t \t,\t \tbar=2,\t \tbaz=3\t'], 'foo=1,bar=2,baz=3'],
    ['32 members', [`tracestate: ${members(1, 16)}`, `tracestate: ${members(17, 32)}`], members(1, 32)],
    ['a key of 256', ['tracestate: foo=1', `tracestate: ${'z'.repeat(256)}=1`], `foo=1,${'z'.repeat(256)}=1`],
    [
      'Level 2: an @ anywhere but in front',
      ['tracestate: foo@=1,foo@@bar=2,foo@bar@baz=3,1=4'],
      'foo@=1,foo@@bar=2,foo@bar@baz=3,1=4',
    ],
    [
      'Level 2: a long tenant',
      ['tracestate: foo=1', `tracestate: ${'t'.repeat(242)}@v=1`],
      `foo=1,${'t'.repeat(242)}@v=1`,
    ],
    [
      'Level 2: a long system',
      ['tracestate: foo=1', `tracestate: t@${'v'.repeat(15)}=1`],
      `foo=1,t@${'v'.repeat(15)}=1`,
    ],
  ])('hands the tracestate on: %s', async (_, lines, expected) => {
    const [[traceparent, state] = ['', '']] = await calls(service, [CONTINUED, ...lines])
    expect(traceparent).toContain(T)
    expect(state).toBe(expected)
  })

  test.each<[string, readonly string[]]>([
    ['an empty header', ['tracestate:']],
    ['trace-state', ['trace-state: foo=1']],
    ['trace.state', ['trace.state: foo=1']],
    ['a space in a key', ['tracestate: foo =1']],
    ['capitals in a key', ['tracestate: FOO=1']],
    ['a dot in a key', ['tracestate: foo.bar=1']],
    ['an @ in front', ['tracestate: @foo=1,bar=2']],
    ['33 members', [`tracestate: ${members(1, 16)}`, `tracestate: ${members(17, 33)}`]],
    ['a key of 257', ['tracestate: foo=1', `tracestate: ${'z'.repeat(257)}=1`]],
    ['a second = in a member', ['tracestate: foo=bar=baz']],
    ['an empty value', ['tracestate: foo=,bar=3']],
  ])('drops the tracestate and goes on with the trace: %s', async (_, lines) => {
    const [[traceparent, state] = ['', '']] = await calls(service, [CONTINUED, ...lines])
    expect(traceparent).toContain(T)
    expect(state).toBe('')
  })

  test.each([
    ['00', '00'],
    ['01', '01'],
    ['02', '02'],
    ['03', '03'],
    ['fd', '01'],
    ['fe', '02'],
  ])('Level 2: answers flags %s with %s: the random one is kept, unknown ones are zero', async (flags, expected) => {
    const [[traceparent] = ['']] = await calls(service, [parent('00', T, P, flags)])
    expect(traceparent.slice(-3)).toBe(`-${expected}`)
  })

  test.each<[string, readonly string[], boolean]>([
    ['a trace that goes on', [parent()], true],
    ['a trace of its own', [], false],
    ['a trace of its own after a bad header', [parent('00', '0'.repeat(32))], false],
  ])('gives each call a span: %s', async (_, lines, isContinued) => {
    const parents = (await calls(service, lines, 3)).map(([traceparent]) => traceparent)
    expect(new Set(parents.map((one) => one.slice(36, 52))).size).toBe(3)
    expect(new Set(parents.map((one) => one.slice(3, 35))).size).toBe(1)
    expect(parents[0]!.includes(T)).toBe(isContinued)
  })
})
