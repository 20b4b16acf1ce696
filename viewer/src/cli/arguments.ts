// In: the words after `clew-viewer`. Out: what to do, or a UsageError that says what to write instead.
// Must stay true: pure; every unit is spelled as the query language spells it.
import { parseArgs } from 'node:util'
import { durationOf } from '../query/literal.ts'
import type { Order } from '../store/search.ts'
import type { ViewerOptions } from '../viewer.ts'

/** The command line does not make sense. */
export class UsageError extends Error {}

export type Command =
  | { readonly does: 'help' }
  | { readonly does: 'serve'; readonly options: ViewerOptions; readonly follow: boolean; readonly json: boolean }
  | {
      readonly does: 'query'
      readonly query: string
      readonly url: string
      readonly limit: number
      readonly order: Order
      readonly follow: boolean
      readonly json: boolean
    }
  | { readonly does: 'trace'; readonly traceId: string; readonly url: string; readonly json: boolean }

export const USAGE = `clew-viewer: receives OTLP on this machine, keeps traces, shows where the time went

  clew-viewer                       start; the page and OTLP/HTTP are at http://127.0.0.1:4318
  clew-viewer query 'QUERY'         list the traces a running viewer has, newest first
  clew-viewer trace ID              one trace as a waterfall of text, and what stands out in it

starting
  --port N              default 4318; 0 takes a free one
  --host ADDRESS        default 127.0.0.1
  --file PATH           keep traces in a file; default memory
  --max-age 24h         forget traces that arrived longer ago
  --max-spans N         default 1000000
  --max-bytes 2GiB      size of the database
  --forward URL         send everything on to another OTLP/HTTP endpoint
  --forward-header 'name: value'    may be repeated
  --allow-host NAME     answer to this host name too; may be repeated
  --allow-origin URL    let pages of this origin post telemetry; may be repeated
  --follow              print each trace as it comes to rest

asking
  --url URL             the running viewer; default http://127.0.0.1:4318
  --limit N             default 20
  --order newest|slowest|errors
  --follow              print traces that match as they arrive, as waterfalls

  --json                OTLP/JSON, one trace a line, instead of text

a query reads   service.name = "payment" AND status = ERROR AND duration > 2s AND timestamp > now() - 30m
`

const whole = (name: string, text: string | undefined, fallback: number, most = Number.MAX_SAFE_INTEGER): number => {
  if (text === undefined) return fallback
  const number = Number(text)
  if (!Number.isInteger(number) || number < 0 || number > most)
    throw new UsageError(`--${name} expects a whole number, not "${text}"`)
  return number
}

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  k: 1e3,
  m: 1e6,
  g: 1e9,
  kib: 1024,
  mib: 1024 ** 2,
  gib: 1024 ** 3,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
}

const bytes = (text: string | undefined): number | undefined => {
  if (text === undefined) return undefined
  const match = /^(\d+(?:\.\d+)?)\s*([kmg]i?b?)?$/i.exec(text)
  const unit = match && UNITS[(match[2] ?? '').toLowerCase()]
  if (!match || unit === null || unit === undefined)
    throw new UsageError(`--max-bytes expects a size such as 512MiB, not "${text}"`)
  return Math.floor(Number(match[1]) * unit)
}

const milliseconds = (text: string | undefined): number | undefined => {
  if (text === undefined) return undefined
  const nanos = durationOf(text)
  if (nanos === undefined || nanos <= 0) throw new UsageError(`--max-age expects a duration such as 24h, not "${text}"`)
  return nanos / 1e6
}

const headers = (lines: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    lines.map((line) => {
      const at = line.search(/[:=]/)
      if (at <= 0) throw new UsageError(`--forward-header expects 'name: value', not "${line}"`)
      return [line.slice(0, at).trim(), line.slice(at + 1).trim()]
    }),
  )

const httpUrl = (name: string, text: string): string => {
  if (!/^https?:\/\//.test(text) || !URL.canParse(text))
    throw new UsageError(`--${name} expects an http URL, not "${text}"`)
  return text.replace(/\/+$/, '')
}

const parse = (words: readonly string[]) => {
  try {
    return parseArgs({
      args: [...words],
      allowPositionals: true,
      options: {
        help: { type: 'boolean', short: 'h' },
        port: { type: 'string' },
        host: { type: 'string' },
        file: { type: 'string' },
        'max-age': { type: 'string' },
        'max-spans': { type: 'string' },
        'max-bytes': { type: 'string' },
        forward: { type: 'string' },
        'forward-header': { type: 'string', multiple: true },
        'allow-host': { type: 'string', multiple: true },
        'allow-origin': { type: 'string', multiple: true },
        url: { type: 'string' },
        limit: { type: 'string' },
        order: { type: 'string' },
        follow: { type: 'boolean' },
        json: { type: 'boolean' },
      },
    })
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

export const commandOf = (words: readonly string[]): Command => {
  const { values, positionals } = parse(words)
  const [verb, argument, extra] = positionals
  const json = values.json ?? false
  const follow = values.follow ?? false
  if (values.help || verb === 'help') return { does: 'help' }
  if (extra !== undefined) throw new UsageError(`"${extra}" is one word too many; a query stands in quotes`)
  const url = httpUrl('url', values.url ?? 'http://127.0.0.1:4318')
  if (verb === 'query') {
    const order = values.order ?? 'newest'
    if (order !== 'newest' && order !== 'slowest' && order !== 'errors')
      throw new UsageError('--order is newest, slowest or errors')
    return { does: 'query', query: argument ?? '', url, limit: whole('limit', values.limit, 20), order, follow, json }
  }
  if (verb === 'trace') {
    if (!/^[0-9a-f]{32}$/i.test(argument ?? '')) throw new UsageError('trace expects an id of 32 hexadecimal digits')
    return { does: 'trace', traceId: argument!.toLowerCase(), url, json }
  }
  if (verb !== undefined) throw new UsageError(`"${verb}" is no command; there are query and trace`)
  const maxAgeMs = milliseconds(values['max-age'])
  const maxBytes = bytes(values['max-bytes'])
  const options: ViewerOptions = {
    port: whole('port', values.port, 4318, 65_535),
    hostname: values.host ?? '127.0.0.1',
    maxSpans: whole('max-spans', values['max-spans'], 1_000_000),
    allowHosts: values['allow-host'] ?? [],
    allowOrigins: values['allow-origin'] ?? [],
    ...(values.file === undefined ? {} : { file: values.file }),
    ...(maxAgeMs === undefined ? {} : { maxAgeMs }),
    ...(maxBytes === undefined ? {} : { maxBytes }),
    ...(values.forward === undefined
      ? {}
      : { forward: { url: httpUrl('forward', values.forward), headers: headers(values['forward-header'] ?? []) } }),
  }
  return { does: 'serve', options, follow, json }
}
