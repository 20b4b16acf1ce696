// In: modules of the test app and the lines of workerd. Out: a Miniflare with two Workers and every binding that can be
// had locally, a collector, and traces as text trees.
// Must stay true: bundled for workerd without compatibility flags; ports are free ones of 127.0.0.1.

import { connect, type Socket } from 'node:net'
import { buildSync } from 'esbuild'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { Miniflare as Miniflare4 } from 'miniflare-2026-07'
import { Collector, plain } from '../collector.ts'
import type { DecodedSpan } from '../otlp-decode.ts'

/** The lines of workerd that are supported: the newest, and the last of the older option shape. */
export const LINES: readonly string[] = ['2026-11', '2026-07']

/** Compatibility date of all test Workers: neither line knows a later one. */
const DATE = '2026-07-28'

const APP = new URL('./app/', import.meta.url).pathname

/** A module of the test app by its name, or a source text. */
export type Entry = string | { readonly source: string }

export function bundle(entry: Entry): string {
  const [file] = buildSync({
    ...(typeof entry === 'string'
      ? { entryPoints: [`${APP}${entry}.ts`] }
      : { stdin: { contents: entry.source, resolveDir: APP, sourcefile: `${APP}entry.ts`, loader: 'ts' } }),
    bundle: true,
    format: 'esm',
    target: 'es2024',
    keepNames: true,
    conditions: ['workerd', 'worker'],
    external: ['cloudflare:*', 'node:*'],
    tsconfig: new URL('../../tsconfig.json', import.meta.url).pathname,
    write: false,
  }).outputFiles
  return file!.text
}

export interface Running {
  readonly miniflare: Miniflare
  readonly collector: Collector
  /** What came to the collector since the last call, once `settled` says that nothing more is due. */
  spans(settled: (spans: readonly DecodedSpan[]) => boolean): Promise<readonly DecodedSpan[]>
  close(): Promise<void>
}

type Options = Readonly<Record<string, unknown>>

/** One Worker of Miniflare's, from the bundle of `entry`. */
export function worker(name: string, entry: Entry, options: Options): Options {
  return {
    name,
    modulesRoot: '/',
    modules: [{ type: 'ESModule', path: `/${name}.mjs`, contents: bundle(entry) }],
    compatibilityDate: DATE,
    ...options,
  }
}

export async function run(line: string, workers: (collector: Collector) => readonly Options[]): Promise<Running> {
  const collector = await Collector.start()
  const options = { cf: false, unsafeTriggerHandlers: true, workers: workers(collector) } as never
  const miniflare = (
    line === '2026-07' ? new Miniflare4(options) : new Miniflare(convertV4MiniflareOptions(options))
  ) as Miniflare
  await miniflare.ready
  return {
    miniflare,
    collector,
    async spans(settled) {
      await collector.until(() => settled(collector.spans()))
      const spans = collector.spans()
      collector.reset()
      return spans
    },
    async close() {
      await miniflare.dispose()
      await collector.close()
    },
  }
}

/** The two Workers of the test app. `entry` says whether it is traced. */
export function app(collector: Collector, kind: 'traced' | 'plain'): readonly Options[] {
  const bindings = { OTLP_URL: collector.url }
  return [
    worker('front', `front-${kind}`, {
      bindings,
      kvNamespaces: ['KV'],
      d1Databases: ['DB'],
      r2Buckets: ['BUCKET'],
      queueProducers: { JOBS: { queueName: 'jobs' } },
      durableObjects: {
        ROOM: { className: 'Room', useSQLite: true },
        COUNTER: { className: 'Counter', scriptName: 'back', useSQLite: true },
      },
      workflows: { FLOW: { name: 'flow', className: 'Flow' } },
      serviceBindings: { BACK: 'back', BILLING: { name: 'back', entrypoint: 'Billing' } },
      versionMetadata: 'CF_VERSION_METADATA',
      ratelimits: { LIMIT: { simple: { limit: 100, period: 60 }, namespace_id: '1' } },
      analyticsEngineDatasets: { POINTS: { dataset: 'points' } },
      hyperdrives: { SQL: 'postgres://user:secret@127.0.0.1:5432/db' },
      secretsStoreSecrets: { SECRET: { store_id: 'store', secret_name: 'secret' } },
      email: { send_email: [{ name: 'MAIL' }] },
      images: { binding: 'IMAGES' },
    }),
    worker('back', `back-${kind}`, {
      bindings,
      durableObjects: { COUNTER: { className: 'Counter', useSQLite: true } },
      queueConsumers: { jobs: { maxBatchTimeout: 0.1, maxBatchSize: 10 } },
    }),
  ]
}

/** Options of a Worker that is reached without Miniflare's own Worker in front, and may be sent what is no HTTP. */
export const DIRECT: Options = { unsafeDirectSockets: [{ host: '127.0.0.1', port: 0 }] }

/** Where a Worker with `DIRECT` listens. */
export const directUrl = ({ miniflare }: Running, name: string): Promise<URL> =>
  (miniflare as unknown as { unsafeGetDirectURL(name: string): Promise<URL> }).unsafeGetDirectURL(name)

/** A WebSocket by hand, for what no client would send. */
export async function rawSocket(running: Running, name: string, path: string) {
  const { port } = await directUrl(running, name)
  const socket: Socket = connect(Number(port), '127.0.0.1')
  socket.on('error', () => {})
  const came = (): Promise<unknown> => new Promise((resolve) => socket.once('data', resolve))
  const opened = came()
  socket.write(
    `GET ${path} HTTP/1.1\r\nHost: ${name}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n`,
  )
  await opened
  /** A frame that begins with this byte; masked with zeros. */
  const send = (first: number, text: string): void => {
    socket.write(Buffer.concat([Buffer.from([first, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text)]))
  }
  return {
    send: (text: string) => send(0x81, text),
    /** With bits that the protocol has no meaning for. */
    sendInvalid: () => send(0xf1, 'x'),
    /** What comes next. */
    came,
    /** As a client that is gone. */
    leave: () => socket.resetAndDestroy(),
  }
}

const KINDS = ['', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER']

/** Attributes that differ from run to run, or that every span has. */
const UNSHOWN =
  /^(?:cloudflare\.(?:colo|binding\.name|script_version\.id|handler_type|durable_object\.id)|faas\.(?:coldstart|trigger|time)|user_agent\.original|server\.|url\.scheme|network\.protocol\.version|exception\.stacktrace)|scheduled_time$|etag$|duration_ms$|size_after$|served_by|total_attempts$/

/** By start; within a millisecond the caller's side of a call comes before the other side. */
const order = ({ startTimeUnixNano, kind }: DecodedSpan): number =>
  Number(startTimeUnixNano) / 1e6 + (kind === 2 ? 0.1 : 0)

/**
 * Spans as an indented tree: `KIND name {attributes} !error <- links`. Roots in the order of their names, children in the
 * order they began.
 */
export function tree(spans: readonly DecodedSpan[], shown: RegExp = /(?:)/): string {
  const lines: string[] = []
  const known = new Set(spans.map(({ spanId }) => spanId))
  const names = new Map(spans.map(({ spanId, name }) => [spanId, name]))
  const place = new Map(spans.map((span, index) => [span, index]))
  const children = (id: string): DecodedSpan[] =>
    spans
      .filter((span) => span.parentSpanId === id)
      .sort((a, b) => order(a) - order(b) || place.get(a)! - place.get(b)!)
  const write = (span: DecodedSpan, depth: number): void => {
    const attributes = Object.entries(plain(span.attributes))
      .filter(([key]) => shown.test(key) && !UNSHOWN.test(key))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(
        ([key, value]) =>
          `${key}=${typeof value === 'bigint' ? value : JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? Number(each) : each))}`,
      )
    const parts = [KINDS[span.kind], span.name]
    if (attributes.length) parts.push(`{${attributes.join(' ')}}`)
    if (span.status?.code === 2) parts.push(`!${span.status.message ?? ''}`)
    for (const { spanId } of span.links) parts.push(`<- ${names.get(spanId) ?? 'elsewhere'}`)
    lines.push('  '.repeat(depth) + parts.join(' '))
    for (const child of children(span.spanId)) write(child, depth + 1)
  }
  const roots = spans.filter(({ parentSpanId }) => !known.has(parentSpanId))
  for (const root of roots.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))) write(root, 0)
  return lines.join('\n')
}

/** True when every one of these names has come, each as often as it is listed. */
export function named(...names: readonly string[]): (spans: readonly DecodedSpan[]) => boolean {
  return (spans) => {
    const left = spans.map(({ name }) => name)
    return names.every((name) => {
      const at = left.indexOf(name)
      if (at >= 0) left.splice(at, 1)
      return at >= 0
    })
  }
}
