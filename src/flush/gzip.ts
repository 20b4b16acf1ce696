// In: a request body. Out: the same gzipped, or nothing where the host cannot or it does not pay.
// Must stay true: buffered, so that Content-Length stays; no Node module is named in a bundle or loaded outside Node.

import type { Body } from './post.ts'
import type { Compression } from './receiver.ts'

export interface GzipOptions {
  /**
   * Bodies of fewer bytes stay as they are. Default 16,384: below, a POST costs the same either way and gzip is
   * pure expense; 1,000 bytes save traffic at two to four microseconds a span.
   */
  readonly minBytes?: number
}

interface Zlib {
  gzip(
    body: Uint8Array,
    options: { level: number },
    done: (error: unknown, packed: Uint8Array<ArrayBuffer>) => void,
  ): void
}

/** gzip for `otlp({ compression: gzip() })`: zlib on Node, Deno and Bun, `CompressionStream` elsewhere, or nothing. */
export function gzip({ minBytes = 16_384 }: GzipOptions = {}): Compression {
  let zlib: Zlib | undefined | null = null
  return {
    name: 'gzip',
    async compress(body) {
      // A UTF-16 code unit is at most three bytes of UTF-8.
      if (body.length * 3 < minBytes) return undefined
      const bytes = encoded(body)
      if (bytes.length < minBytes) return undefined
      if (zlib === null) zlib = nodeZlib()
      // Level 1 costs a fifth of CompressionStream and gives up some per cent of size.
      if (zlib) return new Promise((resolve) => zlib!.gzip(bytes, { level: 1 }, (_, packed) => resolve(packed)))
      if (typeof CompressionStream === 'undefined') return undefined
      const packed = new Response(bytes).body?.pipeThrough(new CompressionStream('gzip'))
      return new Uint8Array(await new Response(packed ?? null).arrayBuffer())
    },
  }
}

const encoded = (body: Body): Uint8Array<ArrayBuffer> =>
  typeof body === 'string' ? new TextEncoder().encode(body) : body

/** Node's zlib without an import. Workers are not asked: there, to touch `process` loads a module. */
function nodeZlib(): Zlib | undefined {
  const host = globalThis as {
    navigator?: { userAgent?: string }
    process?: { getBuiltinModule?: (name: string) => unknown }
  }
  if (host.navigator?.userAgent === 'Cloudflare-Workers') return undefined
  return host.process?.getBuiltinModule?.('node:zlib') as Zlib | undefined
}
