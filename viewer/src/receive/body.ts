// In: a request. Out: its bytes, decompressed, or an HTTP answer that says what is wrong with them.
// Must stay true: never holds more than MAX_BODY_BYTES as sent and MAX_INFLATED_BYTES inflated, whatever the headers
// claim; inflating happens outside the main thread.
import { promisify } from 'node:util'
import { brotliDecompress, gunzip, inflate } from 'node:zlib'
import type { Encoding } from './decode.ts'
import { MAX_BODY_BYTES, MAX_INFLATED_BYTES } from './limits.ts'

/** Why a body is refused: the HTTP status, the code of google.rpc, and a sentence for whoever reads the sender's log. */
export class Refusal extends Error {
  readonly status: 400 | 403 | 413 | 415
  readonly code: number
  constructor(status: 400 | 403 | 413 | 415, code: number, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

const INVALID_ARGUMENT = 3
const RESOURCE_EXHAUSTED = 8

const inflaters = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
} as const

/** Encoding of the message from `content-type`, parameters such as a charset allowed; undefined when it is neither. */
export const encodingOf = (contentType: string | undefined | null): Encoding | undefined => {
  const type = (contentType ?? '').split(';', 1)[0]?.trim().toLowerCase()
  if (type === 'application/json') return 'json'
  return type === 'application/x-protobuf' || type === 'application/protobuf' ? 'protobuf' : undefined
}

const tooLarge = (limit: number, what: string): Refusal =>
  new Refusal(413, RESOURCE_EXHAUSTED, `${what} exceeds ${limit} bytes; send smaller batches`)

/** The body as sent. */
export const readBody = async (request: Request): Promise<Buffer> => {
  if (Number(request.headers.get('content-length') ?? 0) > MAX_BODY_BYTES) throw tooLarge(MAX_BODY_BYTES, 'the body')
  if (request.body === null) return Buffer.alloc(0)
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of request.body as unknown as AsyncIterable<Uint8Array>) {
    length += chunk.length
    if (length > MAX_BODY_BYTES) throw tooLarge(MAX_BODY_BYTES, 'the body')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, length)
}

/** The body as meant. */
export const inflateBody = async (body: Buffer, contentEncoding: string | undefined | null): Promise<Buffer> => {
  const name = (contentEncoding ?? '').trim().toLowerCase()
  if (name === '' || name === 'identity') return body
  const inflater = Object.hasOwn(inflaters, name) ? inflaters[name as keyof typeof inflaters] : undefined
  if (inflater === undefined) throw new Refusal(415, INVALID_ARGUMENT, `content-encoding "${name}" is not supported`)
  try {
    return await inflater(body, { maxOutputLength: MAX_INFLATED_BYTES })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE')
      throw tooLarge(MAX_INFLATED_BYTES, 'the decompressed body')
    throw new Refusal(400, INVALID_ARGUMENT, `the body is not ${name}: ${(error as Error).message}`)
  }
}
