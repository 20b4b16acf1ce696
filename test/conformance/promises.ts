// In: a program in some runtime. Out: what clew promises of it, kept or broken.
// Must stay true: one list for every runtime; each promise is judged by what the collector and the upstream got, in a trace
// of its own, so that none sees another's spans.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { plain } from '../collector.ts'
import type { DecodedSpan } from '../otlp-decode.ts'
import type { RunningHost } from './host.ts'
import { sleep } from './sleep.ts'
import { tree } from './tree.ts'
import type { World } from './world.ts'

export interface Promised {
  readonly name: string
  keep(host: RunningHost, world: World): Promise<void>
}

/** A caller's identity of one's own. */
function caller(flags = '01'): { traceId: string; spanId: string; headers: { traceparent: string } } {
  const traceId = randomBytes(16).toString('hex')
  const spanId = randomBytes(8).toString('hex')
  return { traceId, spanId, headers: { traceparent: `00-${traceId}-${spanId}-${flags}` } }
}

/** Asks the route and compares the trace as text. */
function traced(route: string, expected: string, judge: (spans: DecodedSpan[], body: string) => void = () => {}) {
  return async (host: RunningHost, world: World): Promise<void> => {
    const { traceId, headers } = caller()
    const { body } = await host.request(`/plain/${route}`, headers)
    const spans = await world.spansOf(traceId, expected.split('\n').length)
    assert.equal(tree(spans), expected)
    judge(spans, body)
  }
}

const named = (spans: readonly DecodedSpan[], name: string): DecodedSpan => {
  const found = spans.find((span) => span.name === name)
  assert.ok(found, `a span named ${name}`)
  return found
}

/** For hosts that serve HTTP and hear of it when a client leaves; the others name it in `without`. */
export const LEAVING = 'a client who leaves ends the root, and is no error'

export const promises: readonly Promised[] = [
  {
    name: 'parents across awaits',
    keep: traced('await', 'GET\n  outer\n    inner\n  next'),
  },
  {
    name: 'parents across timers and microtasks',
    keep: traced('timer', 'GET\n  timer\n  outer\n    microtask'),
  },
  {
    name: 'parents in a streamed body, whose end the root awaits',
    keep: traced('stream', 'GET\n  chunk 1\n  chunk 2\n  chunk 3', (spans, body) => {
      assert.equal(body, '1 2 3 ')
      const [root, last] = [named(spans, 'GET'), named(spans, 'chunk 3')]
      assert.ok(BigInt(root.endTimeUnixNano) >= BigInt(last.endTimeUnixNano), 'the root ends last')
    }),
  },
  {
    name: 'thenables stay lazy and are asked once',
    keep: traced('thenable', 'GET\n  query', (_, body) => {
      assert.deepEqual(JSON.parse(body), { text: 'select 1', before: 0, asked: 1, rows: [1] })
    }),
  },
  {
    name: 'generators are spans until they are exhausted',
    keep: traced('generator', 'GET\n  generate\n    between', (_, body) => assert.equal(body, 'one two')),
  },
  {
    name: 'concurrent requests do not mix',
    async keep(host, world) {
      const callers = Array.from({ length: 8 }, () => caller())
      await Promise.all(callers.map(({ headers }, id) => host.request(`/plain/concurrent?id=${id}`, headers)))
      for (const [id, { traceId }] of callers.entries())
        assert.equal(tree(await world.spansOf(traceId, 3)), `GET\n  first ${id}\n    second ${id}`)
    },
  },
  {
    name: 'the same trace id twice at once',
    async keep(host, world) {
      const { traceId, spanId, headers } = caller()
      await Promise.all([0, 1].map((id) => host.request(`/plain/concurrent?id=${id}`, headers)))
      const spans = await world.spansOf(traceId, 6)
      const roots = spans.filter(({ parentSpanId }) => parentSpanId === spanId)
      assert.equal(roots.length, 2)
      const trees = roots.map((root) => tree(spans, root.spanId)).sort()
      assert.deepEqual(trees, ['first 0\n  second 0', 'first 1\n  second 1'])
      assert.equal(new Set(spans.map((span) => span.spanId)).size, 6)
    },
  },
  {
    name: 'an error is recorded once and thrown on',
    async keep(host, world) {
      const { traceId, headers } = caller()
      const { status } = await host.request('/plain/error', headers)
      assert.equal(status, 500)
      const spans = await world.spansOf(traceId, 2)
      assert.equal(tree(spans), 'GET !\n  failing !')
      const events = spans.flatMap((span) => span.events)
      assert.deepEqual(
        events.map(({ name }) => name),
        ['exception'],
      )
      assert.equal(plain(events[0]!.attributes)['exception.message'], 'out of stock')
      assert.equal(plain(named(spans, 'GET').attributes)['error.type'], 'TypeError')
    },
  },
  {
    name: 'a caught error is the same object',
    keep: traced('caught', 'GET\n  failing !', (_, body) => assert.equal(body, 'same')),
  },
  {
    name: 'a call that is called off is no error',
    keep: traced('abort', 'GET\n  GET', (spans, body) => {
      assert.equal(body, 'AbortError')
      assert.ok(spans.every(({ status }) => status?.code !== 2))
    }),
  },
  {
    name: LEAVING,
    async keep({ url }, world) {
      const { traceId, headers } = caller()
      // A socket of its own, reset: a pooled connection would be kept.
      const { hostname, port } = new URL(url!)
      const socket = connect(Number(port), hostname)
      socket.on('error', () => {})
      socket.write(`GET /plain/endless HTTP/1.1\r\nhost: ${hostname}\r\ntraceparent: ${headers.traceparent}\r\n\r\n`)
      await new Promise<void>((resolve) => {
        socket.on('data', (chunk) => String(chunk).includes('more') && resolve())
      })
      socket.resetAndDestroy()
      const [root] = await world.spansOf(traceId, 1)
      assert.equal(root!.name, 'GET')
      assert.notEqual(root!.status?.code, 2)
    },
  },
  {
    name: 'a call that fails is an error of its own',
    keep: traced('refused', 'GET\n  GET !', (_, body) => assert.equal(body, 'refused')),
  },
  {
    name: 'goes on with the trace that comes in',
    async keep(host, world) {
      const { traceId, spanId, headers } = caller()
      await host.request('/plain/unfinished', { ...headers, tracestate: 'vendor=1' })
      const root = named(await world.spansOf(traceId, 2), 'GET')
      assert.equal(root.parentSpanId, spanId)
      assert.equal(root.traceState, 'vendor=1')
      assert.equal(root.kind, 2)
      assert.equal(plain(root.attributes)['http.request.method'], 'GET')
      assert.equal(plain(root.attributes)['url.path'], '/plain/unfinished')
      assert.equal(plain(root.attributes)['http.response.status_code'], 200n)
    },
  },
  {
    name: 'begins a trace where none or a broken one comes in',
    async keep(host, world) {
      const before = world.collector.spans().length
      await host.request('/plain/out', { traceparent: '00-00000000000000000000000000000000-b7ad6b7169203331-01' })
      const body = JSON.parse((await host.request('/plain/out')).body)
      const [, traceId] = String(body.traceparent).split('-')
      assert.match(traceId!, /^(?!0{32})[\da-f]{32}$/)
      const root = (await world.spansOf(traceId!, 2)).find(({ kind }) => kind === 2)
      assert.equal(root?.parentSpanId ?? '', '')
      assert.ok(world.collector.spans().length >= before + 4)
    },
  },
  {
    name: 'tells the services it calls',
    async keep(host, world) {
      const { traceId, headers } = caller()
      const { body } = await host.request('/plain/out', { ...headers, tracestate: 'vendor=1', baggage: 'tenant=acme' })
      const seen = JSON.parse(body)
      const client = (await world.spansOf(traceId, 2)).find(({ kind }) => kind === 3)!
      assert.equal(seen.traceparent, `00-${traceId}-${client.spanId}-01`)
      assert.equal(seen.tracestate, 'vendor=1')
      assert.equal(seen.baggage, undefined)
      assert.equal(seen['x-own'], '1')
      assert.equal(plain(client.attributes)['url.full'], `${world.upstreamUrl}/echo`)
    },
  },
  {
    name: 'baggage goes to those who were listed, and to no one else',
    async keep(host) {
      const headers = { ...caller().headers, baggage: 'tenant=acme' }
      assert.equal(JSON.parse((await host.request('/trusting/out', headers)).body).baggage, 'tenant=acme')
      assert.equal(JSON.parse((await host.request('/plain/out', headers)).body).baggage, undefined)
    },
  },
  {
    name: 'an unsampled trace is passed on and not sent',
    async keep(host, world) {
      const { traceId, headers } = caller('00')
      const { body } = await host.request('/plain/out', headers)
      assert.match(JSON.parse(body).traceparent, new RegExp(`^00-${traceId}-[\\da-f]{16}-00$`))
      await settled(host, world)
      assert.equal(world.postsOf(traceId), 0)
    },
  },
  {
    name: 'what the sampler drops is not sent',
    async keep(host, world) {
      const { traceId, headers } = caller()
      const { body } = await host.request('/none/out', headers)
      assert.match(JSON.parse(body).traceparent, new RegExp(`^00-${traceId}-[\\da-f]{16}-00$`))
      await settled(host, world)
      assert.equal(world.postsOf(traceId), 0)
    },
  },
  {
    name: 'the tail sampler keeps the errors among what was dropped',
    async keep(host, world) {
      const [good, bad] = [caller('00'), caller('00')]
      await host.request('/tail/await', good.headers)
      await host.request('/tail/error', bad.headers)
      assert.equal(tree(await world.spansOf(bad.traceId, 2)), 'GET !\n  failing !')
      assert.equal(world.postsOf(good.traceId), 0)
    },
  },
  {
    name: 'work after the response is in the trace, and in its one POST',
    async keep(host, world) {
      const { traceId, headers } = caller()
      await host.request('/plain/late', headers)
      assert.equal(tree(await world.spansOf(traceId, 2)), 'GET\n  late')
      assert.equal(world.postsOf(traceId), 1)
    },
  },
  {
    name: 'what comes after the close leaves in one more POST',
    async keep(host, world) {
      const { traceId, spans } = await straggled(host, world)
      assert.equal(tree(spans), 'GET\n  late')
      assert.ok(spans.every(({ attributes }) => plain(attributes)['clew.unfinished'] === undefined))
      assert.equal(world.postsOf(traceId), 2)
    },
  },
  {
    name: 'what comes later still is counted, and the next export tells',
    async keep(host, world) {
      const { late: before = 0 } = world.collector.dropped()
      await straggled(host, world)
      const { traceId, headers } = caller()
      await host.request('/late/await', headers)
      await world.spansOf(traceId, 4)
      const { late: after = 0 } = world.collector.dropped()
      // One of this promise's own; another host of the program may tell of others.
      assert.ok(after > before)
    },
  },
  {
    name: 'a long invocation sends what has ended before its own end',
    async keep(host, world) {
      const { traceId, headers } = caller()
      let isAnswered = false
      const answer = host.request('/long/long', headers).then(() => {
        isAnswered = true
      })
      answer.catch(() => {})
      const early = await world.spansOf(traceId, 2)
      assert.equal(isAnswered, false)
      for (const name of ['early', 'eleven seconds later']) named(early, name)
      assert.ok(early.every(({ name }) => name !== 'GET'))
      await answer
      assert.equal(tree(await world.spansOf(traceId, 3)), 'GET\n  early\n  eleven seconds later')
      assert.equal(world.postsOf(traceId), 2)
    },
  },
  {
    name: 'a forgotten span leaves, marked unfinished',
    keep: traced('unfinished', 'GET\n  forgotten', (spans) => {
      assert.equal(plain(named(spans, 'forgotten').attributes)['clew.unfinished'], true)
      assert.equal(plain(named(spans, 'GET').attributes)['clew.unfinished'], undefined)
    }),
  },
  {
    name: 'one POST an invocation, before the host stops',
    async keep(host, world) {
      const { traceId, headers } = caller()
      await host.request('/plain/await', headers)
      await world.spansOf(traceId, 4)
      assert.equal(world.postsOf(traceId), 1)
    },
  },
  {
    name: 'a collector that is down changes nothing',
    async keep(host) {
      const { status, body } = await host.request('/down/await', caller().headers)
      assert.deepEqual({ status, body }, { status: 200, body: 'ok' })
    },
  },
  {
    name: 'a collector that refuses changes nothing',
    async keep(host, world) {
      world.collector.script({ kind: 'status', status: 400 })
      const { status, body } = await host.request('/plain/await', caller().headers)
      assert.deepEqual({ status, body }, { status: 200, body: 'ok' })
      // The refused request is the one that the fault was for.
      await world.collector.until(() => world.collector.requests.some(({ fault }) => fault?.kind === 'status'))
    },
  },
  {
    name: 'spans over the limit go, errors stay',
    async keep(host, world) {
      const { traceId, headers } = caller()
      await host.request('/limited/many', headers)
      const spans = await world.spansOf(traceId, 10)
      assert.equal(spans.length, 10)
      named(spans, 'GET')
      named(spans, 'kept')
    },
  },
  {
    name: 'attributes and events over the limit are counted',
    keep: traced('attributes', 'GET\n  wide', (spans) => {
      const wide = named(spans, 'wide')
      assert.equal(wide.attributes.length, 128)
      assert.equal(wide.droppedAttributesCount, 72)
      assert.equal(wide.events.length, 128)
      assert.equal(wide.droppedEventsCount, 72)
    }),
  },
  {
    name: 'hostile values harm nobody',
    keep: traced('hostile', 'GET\n  hostile', (_, body) => assert.equal(body, 'ok')),
  },
  {
    name: 'the response is as the program made it',
    async keep(host) {
      const { status, headers, body } = await host.request('/plain/untouched', caller().headers)
      assert.deepEqual({ status, body }, { status: 201, body: 'four' })
      assert.equal(headers['x-own'], 'yes')
      assert.match(headers['content-type'] ?? '', /^text\/plain; ?charset=utf-8$/i)
    },
  },
]

/** Asks for what goes on after the response, while the spans are on their way for so long that the host stays awake. */
async function straggled(host: RunningHost, world: World): Promise<{ traceId: string; spans: DecodedSpan[] }> {
  await settled(host, world)
  const { traceId, headers } = caller()
  world.collector.script({ kind: 'delay', ms: 400 })
  await host.request('/late/straggler', headers)
  return { traceId, spans: await world.spansOf(traceId, 2) }
}

/** A later trace has arrived: what was to leave before it has left. */
async function settled(host: RunningHost, world: World): Promise<void> {
  const { traceId, headers } = caller()
  await host.request('/plain/unfinished', headers)
  await world.spansOf(traceId, 2)
  await sleep(20)
}
