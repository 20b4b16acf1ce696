// In: requests, one path a binding of Cloudflare's network. Out: what came of it, as JSON. The app does not know whether it
// is traced.
// Must stay true: every answer is the same at every run.
import { EmailMessage } from 'cloudflare:email'

export interface Env {
  OTLP_URL: string
  AI: Ai
  INDEX: Vectorize
  IMAGES: ImagesBinding
  MAIL: SendEmail
  DISPATCH: DispatchNamespace
  SQL: Hyperdrive
  PIPE: { send(records: object[]): Promise<void> }
  BROWSER: Fetcher
}

const MODEL = '@cf/meta/llama-3.1-8b-instruct'

/** One pixel. */
const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
const pixel = (): ReadableStream<Uint8Array> =>
  new Response(Uint8Array.from(atob(PIXEL), (each) => each.charCodeAt(0))).body!

/** An error as the app sees it. */
const refused = async (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'did not fail',
    (error: Error) => [error.constructor.name, error.name, error.message],
  )

type Operation = (env: Env) => unknown

const OPERATIONS: Readonly<Record<string, Operation>> = {
  ai: async ({ AI }) => {
    const run = AI.run.bind(AI) as (model: string, inputs: object, options?: object) => Promise<unknown>
    return [
      await run(MODEL, { messages: [{ role: 'user', content: 'secret' }], max_tokens: 9, temperature: 0.5 }),
      await new Response((await run(MODEL, { prompt: 'secret', stream: true })) as ReadableStream).text(),
      await run('@cf/baai/bge-small-en-v1.5', { text: ['secret'] }),
      ((await run(MODEL, { prompt: 'secret' }, { returnRawResponse: true })) as Response).status,
      await refused(run(MODEL, { prompt: 'fail' })),
      await AI.toMarkdown([{ name: 'a.html', blob: new Blob(['<p>secret</p>'], { type: 'text/html' }) }]),
      AI.aiGatewayLogId,
      typeof AI.gateway('g').getUrl,
    ]
  },
  vectorize: async ({ INDEX }) => [
    await INDEX.query([1, 2], { topK: 3 }),
    await INDEX.queryById('1', { topK: 1 }),
    await INDEX.upsert([
      { id: '1', values: [1, 2] },
      { id: '2', values: [3, 4] },
    ]),
    await INDEX.getByIds(['1']),
    await INDEX.deleteByIds(['1', '2']),
    await INDEX.describe(),
    await refused(INDEX.insert([{ id: '1', values: [1, 2, 3] }])),
  ],
  images: async ({ IMAGES }) => {
    const drawn = await IMAGES.input(pixel())
      .transform({ width: 4 })
      .draw(IMAGES.input(pixel()).transform({ width: 2 }), { top: 1 })
      .output({ format: 'image/png', quality: 80 })
    const consumed = IMAGES.input(pixel())
    await consumed.output({ format: 'image/webp' })
    return [
      await IMAGES.info(pixel()),
      drawn.contentType(),
      drawn.constructor.name,
      await refused(consumed.output({ format: 'image/webp' })),
    ]
  },
  mail: async ({ MAIL }) => {
    const raw = 'From: a@example.com\r\nTo: b@example.com\r\nMessage-ID: <1@example.com>\r\n\r\nhello'
    return [
      typeof (await MAIL.send(new EmailMessage('a@example.com', 'b@example.com', raw))),
      await refused(MAIL.send(new EmailMessage('a@example.com', 'b@example.com', 'no mail'))),
    ]
  },
  dispatch: async ({ DISPATCH }) => {
    const response = await DISPATCH.get('tenant').fetch('http://tenant/path', { headers: { 'x-own': '1' } })
    return [response.status, await response.text()]
  },
  hyperdrive: async ({ SQL }) => {
    const socket = SQL.connect()
    const writer = socket.writable.getWriter()
    await writer.write(new TextEncoder().encode('select 1'))
    const { value } = await socket.readable.getReader().read()
    await writer.close()
    return [new TextDecoder().decode(value), SQL.user, SQL.database, SQL.connectionString.includes('secret')]
  },
  pipeline: async ({ PIPE }) => (await PIPE.send([{ a: 'secret' }])) ?? 'sent',
  browser: async ({ BROWSER }) => (await BROWSER.fetch('http://browser/v1/limits')).json(),
}

export const network = {
  async fetch(request: Request, env: Env): Promise<Response> {
    return Response.json((await OPERATIONS[new URL(request.url).pathname.slice(1)]!(env)) ?? null)
  },
}
