// Trace context over real HTTP, in the manner of the W3C's validation harness: a request with raw header lines goes to
// a service, the service calls on, and what arrives there is compared. Three ways of reading the same request.
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { getterOf, type HeaderSource, RANDOM, recordSetter, w3c } from 'clew/propagate'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SPAN_ID, TRACE_ID } from './carriers.ts'

const format = w3c()
const traceparent = `00-${TRACE_ID}-${SPAN_ID}-01`

const READINGS: Record<string, (incoming: IncomingMessage) => HeaderSource> = {
  rawHeaders: (incoming) => incoming.rawHeaders,
  IncomingMessage: (incoming) => incoming as unknown as HeaderSource,
  Headers: ({ rawHeaders }) => {
    const headers = new Headers()
    for (let at = 0; at < rawHeaders.length; at += 2) headers.append(rawHeaders[at]!, rawHeaders[at + 1]!)
    return headers
  },
}

type Handler = (incoming: IncomingMessage, outgoing: ServerResponse) => void
const servers: Server[] = []
const ports: Record<string, number> = {}

async function listen(handler: Handler): Promise<number> {
  const server = createServer({ maxHeaderSize: 65_536 }, handler).listen(0, '127.0.0.1')
  servers.push(server)
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

beforeAll(async () => {
  const downstream = await listen((incoming, outgoing) => outgoing.end(JSON.stringify(incoming.rawHeaders)))
  for (const [name, read] of Object.entries(READINGS)) {
    ports[name] = await listen((incoming, outgoing) => {
      const { spanContext: parent, ...rest } = format.extract(getterOf(read(incoming)), {})
      const spanContext = parent
        ? { ...parent, spanId: randomBytes(8).toString('hex') }
        : { traceId: randomBytes(16).toString('hex'), spanId: randomBytes(8).toString('hex'), traceFlags: RANDOM }
      const headers: Record<string, string> = {}
      format.inject({ ...rest, spanContext }, recordSetter(headers))
      request({ host: '127.0.0.1', port: downstream, headers }, (answer) => answer.pipe(outgoing)).end()
    })
  }
})

afterAll(() => {
  for (const server of servers) server.close()
})

/** Sends header lines exactly as they are, and answers the trace headers that went on. */
async function through(reading: string, lines: readonly string[]): Promise<[name: string, value: string][]> {
  const socket = connect(ports[reading]!, '127.0.0.1')
  socket.write(
    `POST / HTTP/1.1\r\nhost: service\r\nconnection: close\r\ncontent-length: 0\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`,
  )
  let text = ''
  for await (const chunk of socket.setEncoding('latin1')) text += chunk
  const raw: string[] = JSON.parse(text.slice(text.indexOf('['), text.lastIndexOf(']') + 1))
  return Array.from({ length: raw.length / 2 }, (_, at): [string, string] => [raw[at * 2]!, raw[at * 2 + 1]!]).filter(
    ([name]) => ['traceparent', 'tracestate', 'baggage'].includes(name.toLowerCase()),
  )
}

const CONTINUED = new RegExp(`^00-${TRACE_ID}-(?!${SPAN_ID})[0-9a-f]{16}-01$`)
const RESTARTED = new RegExp(`^00-(?!${TRACE_ID})[0-9a-f]{32}-[0-9a-f]{16}-02$`)

describe.each(Object.keys(READINGS))('read as %s', (reading) => {
  test.each<[string, readonly string[], RegExp, string | undefined]>([
    ['nothing', [], RESTARTED, undefined],
    ['a traceparent', [`traceparent: ${traceparent}`], CONTINUED, undefined],
    ['a traceparent in another letter case', [`TrAcEpArEnT: ${traceparent}`], CONTINUED, undefined],
    ['white space around it', [`traceparent: \t ${traceparent} \t `], CONTINUED, undefined],
    ['two traceparents', [`traceparent: ${traceparent}`, `traceparent: ${traceparent}`], RESTARTED, undefined],
    [
      'two in different letter case',
      [`traceparent: ${traceparent}`, `TraceParent: ${traceparent}`],
      RESTARTED,
      undefined,
    ],
    ['one that is empty', ['traceparent:'], RESTARTED, undefined],
    ['other names', [`trace-parent: ${traceparent}`, `trace.parent: ${traceparent}`], RESTARTED, undefined],
    ['a tracestate alone', ['tracestate: foo=1'], RESTARTED, undefined],
    ['a tracestate with a bad traceparent', ['traceparent: garbage', 'tracestate: foo=1'], RESTARTED, undefined],
    ['a tracestate', [`traceparent: ${traceparent}`, 'tracestate: foo=1,bar=2'], CONTINUED, 'foo=1,bar=2'],
    ['a tracestate in another letter case', [`traceparent: ${traceparent}`, 'TraceState: foo=1'], CONTINUED, 'foo=1'],
    [
      'several tracestates',
      [`traceparent: ${traceparent}`, 'tracestate: foo=1,bar=2', 'tracestate: rojo=1', 'TRACESTATE: congo=2'],
      CONTINUED,
      'foo=1,bar=2,rojo=1,congo=2',
    ],
    [
      'empty ones among them',
      [`traceparent: ${traceparent}`, 'tracestate:', 'tracestate: foo=1', 'tracestate: '],
      CONTINUED,
      'foo=1',
    ],
    ['only empty ones', [`traceparent: ${traceparent}`, 'tracestate:', 'tracestate: '], CONTINUED, undefined],
    [
      'white space in one',
      [`traceparent: ${traceparent}`, 'tracestate: \t foo=1 \t , \t bar=2 \t '],
      CONTINUED,
      'foo=1,bar=2',
    ],
    [
      'a bad one among them',
      [`traceparent: ${traceparent}`, 'tracestate: foo=1', 'tracestate: FOO=1'],
      CONTINUED,
      undefined,
    ],
    [
      '33 members in two',
      [
        `traceparent: ${traceparent}`,
        `tracestate: ${Array.from({ length: 32 }, (_, at) => `k${at}=1`)}`,
        'tracestate: z=1',
      ],
      CONTINUED,
      undefined,
    ],
    ['a future version', [`traceparent: cc${traceparent.slice(2)}-what-the-future-will-be-like`], CONTINUED, undefined],
  ])('%s', async (_, lines, parent, state) => {
    const headers = await through(reading, lines)
    expect(headers.filter(([name]) => name === 'traceparent')).toHaveLength(1)
    expect(Object.fromEntries(headers)).toEqual({
      traceparent: expect.stringMatching(parent),
      ...(state === undefined ? {} : { tracestate: state }),
    })
  })

  test('several baggage headers are one', async () => {
    const headers = await through(reading, ['baggage: a=1,b=%20', 'Baggage: c = 3 ; p', 'baggage: bad key=1'])
    expect(Object.fromEntries(headers)['baggage']).toBe('a=1,b=%20,c=3;p')
  })
})
