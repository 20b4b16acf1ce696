// In: the bytes of an HTTP body, as they come. Out: the same bytes, when they are asked for.
// Must stay true: one reader; an end is an end, and a failure is one for whoever reads.
import type { ServerResponse } from 'node:http'

export class Body {
  #chunks: Uint8Array[] = []
  /** A body is whole as it stands, until somebody streams it. */
  #state: 'open' | 'ended' | 'failed' = 'ended'
  #wake: (() => void)[] = []

  /** What a stream brings. */
  static from(stream: ReadableStream<Uint8Array>): Body {
    const body = new Body()
    body.open()
    ;(async () => {
      for await (const chunk of stream) body.write(chunk)
      body.close()
    })().catch(() => body.fail())
    return body
  }

  write(chunk: Uint8Array): void {
    if (chunk.length > 0) this.#chunks.push(chunk)
    this.#woken()
  }

  /** More is to come, until it is closed. */
  open(): void {
    this.#state = 'open'
  }

  close(): void {
    if (this.#state === 'open') this.#state = 'ended'
    this.#woken()
  }

  fail(): void {
    this.#state = 'failed'
    this.#woken()
  }

  /** Takes over what `other` has and will have. */
  async append(other: Body): Promise<void> {
    this.open()
    for (;;) {
      const chunk = await other.read(Infinity)
      if (!chunk) return this.fail()
      if (chunk.length === 0) return this.close()
      this.write(chunk)
    }
  }

  /** Settles when there is something to read, or nothing any more. */
  async ready(): Promise<void> {
    while (this.#chunks.length === 0 && this.#state === 'open')
      await new Promise<void>((resolve) => this.#wake.push(resolve))
  }

  /** At most `room` bytes; none at the end, nothing after a failure. */
  async read(room: number): Promise<Uint8Array | undefined> {
    await this.ready()
    const chunk = this.#chunks.shift()
    if (!chunk) return this.#state === 'failed' ? undefined : new Uint8Array()
    if (chunk.length > room) this.#chunks.unshift(chunk.subarray(room))
    return chunk.length > room ? chunk.subarray(0, room) : chunk
  }

  /** Every byte that is there. */
  whole(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(Buffer.concat(this.#chunks.splice(0)))
  }

  /** Writes it to a response, as it comes. */
  async pipe(outgoing: ServerResponse): Promise<void> {
    for (;;) {
      const chunk = await this.read(Infinity)
      if (!chunk) return void outgoing.destroy()
      if (chunk.length === 0) return void outgoing.end()
      outgoing.write(chunk)
    }
  }

  #woken(): void {
    for (const resolve of this.#wake.splice(0)) resolve()
  }
}
