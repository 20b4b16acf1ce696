// In: Fastly's engine (js-compute's fastly.wasm, the one that Fastly runs) and a script. Out: a server whose every request runs
// the script in an instance of its own, as on Fastly.
// Must stay true: the engine is untouched; what is ours is the platform's side of its host calls (js-compute's `fastly.h`), as
// far as HTTP needs them. Waiting calls suspend the instance, so that others run meanwhile.
// `node --experimental-wasm-jspi host.ts engine.wasm script.js` prints `port N`.
import { openSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { basename, dirname, join } from 'node:path'
import { WASI } from 'node:wasi'
import { Body } from './body.ts'

/** What Node has behind its flag, and the types do not. */
const { Suspending, promising } = WebAssembly as unknown as {
  Suspending: new (call: (...args: number[]) => Promise<number>) => WebAssembly.ImportValue
  promising(call: unknown): () => Promise<void>
}

const [, , engine = '', script = ''] = process.argv
const module = await WebAssembly.compile(readFileSync(engine))
// The engine reads the name of the script from its standard input.
const stdin = join(dirname(script), 'stdin.txt')
writeFileSync(stdin, `/app/${basename(script)} --legacy-script`)

/** Statuses of host calls. */
const OK = 0
const GENERIC = 1
const UNSUPPORTED = 5
const NONE = 10
/** Nothing was ready in time. */
const NO_INDEX = 0xffff_ffff
/** Why a request to a backend failed: the connection was refused. */
const REFUSED = 7

interface Head {
  method: string
  uri: string
  status: number
  headers: [name: string, value: string][]
}
interface Pending {
  readonly answer: Promise<Response | undefined>
}
type Handle = Head | Body | Pending

async function serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const handles: Handle[] = []
  const add = (handle: Handle): number => handles.push(handle) - 1
  const head = (index: number): Head => handles[index] as Head
  const body = (index: number): Body => handles[index] as Body
  const newHead = (): Head => ({ method: 'GET', uri: '', status: 200, headers: [] })

  let memory: WebAssembly.Memory
  const view = (): DataView => new DataView(memory.buffer)
  const u32 = (at: number, value: number): void => view().setUint32(at, value, true)
  const bytes = (at: number, length: number): Uint8Array => new Uint8Array(memory.buffer, at, length)
  const text = (at: number, length: number): string => new TextDecoder().decode(bytes(at, length))
  const put = (value: string, at: number, writtenAt: number): number => {
    const encoded = new TextEncoder().encode(value)
    bytes(at, encoded.length).set(encoded)
    u32(writtenAt, encoded.length)
    return OK
  }
  /** A list of texts, each ended by a zero, all in one go. */
  const putList = (values: readonly string[], at: number, endAt: number, writtenAt: number): number => {
    view().setBigInt64(endAt, -1n, true)
    return put(values.map((value) => `${value}\0`).join(''), at, writtenAt)
  }

  const headers = {
    header_names_get: (index: number, at: number, _room: number, _from: number, endAt: number, writtenAt: number) =>
      putList([...new Set(head(index).headers.map(([name]) => name))], at, endAt, writtenAt),
    header_values_get(
      index: number,
      nameAt: number,
      nameLength: number,
      at: number,
      _room: number,
      _from: number,
      endAt: number,
      writtenAt: number,
    ) {
      const wanted = text(nameAt, nameLength).toLowerCase()
      const found = head(index).headers.filter(([name]) => name.toLowerCase() === wanted)
      return putList(
        found.map(([, value]) => value),
        at,
        endAt,
        writtenAt,
      )
    },
    header_append(index: number, nameAt: number, nameLength: number, at: number, length: number) {
      head(index).headers.push([text(nameAt, nameLength), text(at, length)])
      return OK
    },
    header_insert(index: number, nameAt: number, nameLength: number, at: number, length: number) {
      headers.header_remove(index, nameAt, nameLength)
      return headers.header_append(index, nameAt, nameLength, at, length)
    },
    header_remove(index: number, nameAt: number, nameLength: number) {
      const wanted = text(nameAt, nameLength).toLowerCase()
      head(index).headers = head(index).headers.filter(([name]) => name.toLowerCase() !== wanted)
      return OK
    },
    version_get(_index: number, at: number) {
      u32(at, 2)
      return OK
    },
    framing_headers_mode_set: () => OK,
  }

  function send(index: number, bodyIndex: number, at: number): number {
    const { method, uri, headers } = head(index)
    const answer = (async () => {
      const content = body(bodyIndex).whole()
      const own = headers.filter(([name]) => !/^(host|content-length|connection|transfer-encoding)$/i.test(name))
      const init = { method, headers: own, redirect: 'manual', ...(content.length > 0 && { body: content }) } as const
      return fetch(uri, init)
    })().catch(() => undefined)
    u32(at, add({ answer }))
    return OK
  }

  /** Settles when a handle can be used without waiting. */
  const ready = async (index: number): Promise<void> => {
    const handle = handles[index]!
    await (handle instanceof Body ? handle.ready() : (handle as Pending).answer)
  }

  async function select(listAt: number, count: number, timeoutMs: number, doneAt: number): Promise<number> {
    const list = Array.from({ length: count }, (_, i) => view().getUint32(listAt + 4 * i, true))
    let timer: NodeJS.Timeout | undefined
    const waits = list.map((index, i) => ready(index).then(() => i))
    if (timeoutMs > 0) waits.push(new Promise((resolve) => (timer = setTimeout(resolve, timeoutMs, NO_INDEX))))
    const done = await Promise.race(waits)
    clearTimeout(timer)
    u32(doneAt, done)
    return OK
  }

  const calls: Record<string, Record<string, unknown>> = {
    fastly_http_req: {
      ...headers,
      body_downstream_get(headAt: number, bodyAt: number) {
        const { method = 'GET', url = '', rawHeaders } = incoming
        const pairs = rawHeaders.flatMap((name, i): [string, string][] => (i % 2 ? [] : [[name, rawHeaders[i + 1]!]]))
        const given: Head = { ...newHead(), method, uri: `http://${incoming.headers.host}${url}`, headers: pairs }
        u32(headAt, add(given))
        u32(bodyAt, add(new Body()))
        return OK
      },
      new(at: number) {
        u32(at, add(newHead()))
        return OK
      },
      method_get: (index: number, at: number, _room: number, writtenAt: number) =>
        put(head(index).method, at, writtenAt),
      uri_get: (index: number, at: number, _room: number, writtenAt: number) => put(head(index).uri, at, writtenAt),
      method_set(index: number, at: number, length: number) {
        head(index).method = text(at, length)
        return OK
      },
      uri_set(index: number, at: number, length: number) {
        head(index).uri = text(at, length)
        return OK
      },
      cache_override_v2_set: () => OK,
      auto_decompress_response_set: () => OK,
      register_dynamic_backend: () => OK,
      send_async: (index: number, bodyIndex: number, _backend: number, _length: number, at: number) =>
        send(index, bodyIndex, at),
      send_async_v2: (index: number, bodyIndex: number, _b: number, _l: number, _isStreaming: number, at: number) =>
        send(index, bodyIndex, at),
      pending_req_wait_v2: new Suspending(async (index, detailAt, headAt, bodyAt) => {
        const response = await (handles[index!] as Pending).answer
        if (!response) {
          view().setUint8(detailAt!, REFUSED)
          return GENERIC
        }
        const { status } = response
        u32(headAt!, add({ ...newHead(), status, headers: [...response.headers] }))
        u32(bodyAt!, add(response.body ? Body.from(response.body) : new Body()))
        return OK
      }),
    },
    fastly_http_resp: {
      ...headers,
      new(at: number) {
        u32(at, add(newHead()))
        return OK
      },
      status_get(index: number, at: number) {
        view().setUint16(at, head(index).status, true)
        return OK
      },
      status_set(index: number, status: number) {
        head(index).status = status
        return OK
      },
      send_downstream(index: number, bodyIndex: number, isStreaming: number) {
        const { status, headers } = head(index)
        outgoing.writeHead(status, headers.flat())
        if (isStreaming) body(bodyIndex).open()
        body(bodyIndex).pipe(outgoing)
        return OK
      },
    },
    fastly_http_body: {
      new(at: number) {
        u32(at, add(new Body()))
        return OK
      },
      append(into: number, from: number) {
        body(into).append(body(from))
        return OK
      },
      write(index: number, at: number, length: number, _end: number, writtenAt: number) {
        body(index).write(bytes(at, length).slice())
        u32(writtenAt, length)
        return OK
      },
      read: new Suspending(async (index, at, room, readAt) => {
        const chunk = await body(index!).read(room!)
        if (!chunk) return GENERIC
        bytes(at!, chunk.length).set(chunk)
        u32(readAt!, chunk.length)
        return OK
      }),
      close(index: number) {
        body(index).close()
        return OK
      },
      abandon(index: number) {
        body(index).fail()
        return OK
      },
      known_length: () => NONE,
    },
    fastly_async_io: {
      select: new Suspending((listAt, count, timeoutMs, doneAt) => select(listAt!, count!, timeoutMs!, doneAt!)),
      is_ready: new Suspending(async (index, at) => {
        u32(at!, await Promise.race([ready(index!).then(() => 1), new Promise<number>((no) => setImmediate(no, 0))]))
        return OK
      }),
    },
    fastly_http_downstream: {
      downstream_client_ip_addr(_index: number, at: number, writtenAt: number) {
        bytes(at, 4).set([127, 0, 0, 1])
        u32(writtenAt, 4)
        return OK
      },
    },
  }

  const wasi = new WASI({
    version: 'preview1',
    args: ['app'],
    preopens: { '/app': dirname(script) },
    stdin: openSync(stdin, 'r'),
  })
  const imports: WebAssembly.Imports = {
    wasi_snapshot_preview1: {
      ...(wasi.wasiImport as WebAssembly.ModuleImports),
      /** A timer is all that the engine polls. */
      poll_oneoff: new Suspending(async (inAt, outAt, _count, countAt) => {
        const ns = view().getBigUint64(inAt! + 24, true)
        await new Promise((resolve) => setTimeout(resolve, Number(ns / 1_000_000n)))
        view().setBigUint64(outAt!, view().getBigUint64(inAt!, true), true)
        view().setUint32(outAt! + 8, 0, true)
        u32(countAt!, 1)
        return OK
      }),
      proc_exit(code: number) {
        throw new Error(`the engine exited with ${code}`)
      },
    },
  }
  for (const { module: from, name } of WebAssembly.Module.imports(module)) {
    if (from.startsWith('wasi')) continue
    const given = calls[from]?.[name] ?? (() => UNSUPPORTED)
    ;((imports[from] ??= {}) as Record<string, unknown>)[name] = given
  }
  const instance = new WebAssembly.Instance(module, imports)
  memory = instance.exports['memory'] as WebAssembly.Memory
  wasi.initialize(instance)
  ;(instance.exports['wizer.initialize'] as () => void)()
  await promising(instance.exports['wizer.resume'])()
}

const server = createServer((incoming, outgoing) => {
  serve(incoming, outgoing).catch((error) => {
    console.error(error)
    if (outgoing.headersSent) outgoing.destroy()
    else outgoing.writeHead(500).end()
  })
})
server.listen(0, '127.0.0.1', () => console.log(`port ${(server.address() as AddressInfo).port}`))
