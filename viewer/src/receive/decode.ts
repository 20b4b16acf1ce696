// In: the bytes of an OTLP/HTTP request and its content type. Out: a decoded message, and the bytes of an answer.
// Must stay true: the message definitions are the official ones (viewer/proto, from opentelemetry-proto), read once;
// whatever the bytes are, the only error that leaves is MalformedRequest.
import { join } from 'node:path'
import protobuf from 'protobufjs'
import { packageFolder } from '../place.ts'
import { MalformedRequest } from './read-request.ts'

export type Signal = 'traces' | 'logs'
export type Encoding = 'json' | 'protobuf'

const SERVICE = {
  traces: 'opentelemetry.proto.collector.trace.v1.ExportTraceService',
  logs: 'opentelemetry.proto.collector.logs.v1.ExportLogsService',
} as const

interface Messages {
  readonly request: protobuf.Type
  readonly response: protobuf.Type
}

export interface Codec {
  decode(signal: Signal, encoding: Encoding, body: Buffer): unknown
  /** `Export…ServiceResponse`; a partial success when something was refused or there is something to say. */
  answer(signal: Signal, encoding: Encoding, rejected: number, message: string): Uint8Array<ArrayBuffer>
  /** `google.rpc.Status`, the body of every error answer (OTLP 1.11, "Failures"). */
  failure(encoding: Encoding, code: number, message: string): Uint8Array<ArrayBuffer>
}

const load = (folder: string): Record<Signal, Messages> => {
  const root = new protobuf.Root()
  root.resolvePath = (_origin, target) => join(folder, target)
  root.loadSync([
    'opentelemetry/proto/collector/trace/v1/trace_service.proto',
    'opentelemetry/proto/collector/logs/v1/logs_service.proto',
  ])
  const messages = (signal: Signal): Messages => ({
    request: root.lookupType(`${SERVICE[signal]}Request`),
    response: root.lookupType(`${SERVICE[signal]}Response`),
  })
  return { traces: messages('traces'), logs: messages('logs') }
}

const REJECTED = { traces: 'rejectedSpans', logs: 'rejectedLogRecords' } as const

const utf8 = new TextDecoder('utf-8', { fatal: true })

const parseJson = (body: Buffer): unknown => {
  try {
    return JSON.parse(utf8.decode(body))
  } catch (error) {
    throw new MalformedRequest(`the body is not JSON in UTF-8: ${(error as Error).message}`)
  }
}

const bytesOf = (value: unknown): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.from(JSON.stringify(value)))

export const codec = (folder: string = join(packageFolder(), 'proto')): Codec => {
  const types = load(folder)
  // google.rpc.Status has two fields of interest, and no package of definitions carries it alone.
  const status = new protobuf.Type('Status')
    .add(new protobuf.Field('code', 1, 'int32'))
    .add(new protobuf.Field('message', 2, 'string'))

  return {
    decode(signal, encoding, body) {
      if (encoding === 'json') return parseJson(body)
      try {
        return types[signal].request.decode(body)
      } catch (error) {
        throw new MalformedRequest(`the body is not a protobuf message: ${(error as Error).message}`)
      }
    },
    answer(signal, encoding, rejected, message) {
      const partial =
        rejected > 0 || message !== '' ? { [REJECTED[signal]]: String(rejected), errorMessage: message } : {}
      if (encoding === 'json') return bytesOf({ partialSuccess: partial })
      const type = types[signal].response
      return new Uint8Array(
        type.encode(type.fromObject(rejected > 0 || message !== '' ? { partialSuccess: partial } : {})).finish(),
      )
    },
    failure(encoding, code, message) {
      if (encoding === 'json') return bytesOf({ code, message })
      return new Uint8Array(status.encode(status.create({ code, message })).finish())
    },
  }
}
