// In: the recipes of docs/clients. Out: each run as it is written, against a local server, its trace compared as text.
// Must stay true: what is run is what is shown: the code comes out of the document.
import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Span } from 'clew'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { bundle, ROOT } from '../runtimes/bundle.ts'
import { inClients, NOT_INSTALLED } from '../runtimes/installed.ts'
import type { Call } from './local.ts'
import { json, Local, type Respond } from './local.ts'

interface Recipe {
  /** The package that must be there. */
  readonly needs: string
  readonly respond: Respond
  readonly tree: string
  /** What the recipe returns. */
  readonly value?: unknown
  /** The span that lasts as long as the stream which the recipe reads. */
  readonly reads?: string
  /** The calls carry no trace: AWS would not read it. */
  readonly isSilent?: true
}

/** How long a streamed answer takes between its first part and its last. */
const PAUSE_MS = 60

const chat = {
  id: 'c',
  object: 'chat.completion',
  created: 1,
  model: 'm',
  choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'hello' } }],
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
}

/** Answers with a stream: its head and its first part at once, the rest later. */
function streamed(response: ServerResponse, type: string, parts: readonly string[]): void {
  const [first, ...rest] = parts
  response.writeHead(200, { 'content-type': type })
  response.write(first)
  setTimeout(() => response.end(rest.join('')), PAUSE_MS)
}

/** Answers with server-sent events. */
function events(response: ServerResponse, list: readonly (string | object)[]): void {
  const texts = list.map((one) => {
    if (typeof one === 'string') return `data: ${one}\n\n`
    return `${'type' in one ? `event: ${one.type}\n` : ''}data: ${JSON.stringify(one)}\n\n`
  })
  streamed(response, 'text/event-stream', texts)
}

const lines = (response: ServerResponse): void => streamed(response, 'text/plain', ['hel', 'lo'])

/** Refuses the first call, so that a client that tries again shows it. */
const secondTime =
  (answer: (call: Call, response: ServerResponse) => void): Respond =>
  (call, response, count) =>
    count === 1
      ? json(response, { error: { message: 'busy' } }, 503, { 'retry-after': '0', 'retry-after-ms': '1' })
      : answer(call, response)

const chunk = (content: string): object => ({
  ...chat,
  object: 'chat.completion.chunk',
  choices: [{ index: 0, delta: { content } }],
})

const message = { id: 'm', type: 'message', role: 'assistant', model: 'c', content: [], stop_reason: null }
const usage = { input_tokens: 1, output_tokens: 1 }
const said = (text: string): object => ({
  type: 'content_block_delta',
  index: 0,
  delta: { type: 'text_delta', text },
})
const saysHello = [
  { type: 'message_start', message: { ...message, usage } },
  { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
  said('hel'),
  said('lo'),
  { type: 'content_block_stop', index: 0 },
  { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage },
  { type: 'message_stop' },
]

const recipes: Readonly<Record<string, Recipe>> = {
  openai: {
    needs: 'openai',
    respond: secondTime((_, response) => events(response, [chunk('hel'), chunk('lo'), '[DONE]'])),
    tree: 'root\n  chat\n    POST 503 !\n    POST 200',
    value: 'hello',
    reads: 'chat',
  },
  anthropic: {
    needs: '@anthropic-ai/sdk',
    respond: secondTime((_, response) => events(response, saysHello)),
    tree: 'root\n  chat\n    POST 503 !\n    POST 200',
    value: 'hello',
    reads: 'chat',
  },
  stripe: {
    needs: 'stripe',
    respond: secondTime((_, response) => lines(response)),
    tree: 'root\n  read quote\n    GET 503 !\n    GET 200',
    value: 'hello',
    reads: 'read quote',
  },
  supabase: {
    needs: '@supabase/supabase-js',
    respond: secondTime((_, response) => json(response, [{ id: 1 }])),
    tree: 'root\n  GET 503 !\n  GET 200',
    value: [{ id: 1 }],
  },
  octokit: {
    needs: 'octokit',
    respond: secondTime((_, response) => json(response, { full_name: 'a/b' })),
    tree: 'root\n  GET 503 !\n  GET 200',
    value: 'a/b',
  },
  ky: {
    needs: 'ky',
    respond: secondTime((_, response) => lines(response)),
    tree: 'root\n  read lines\n    GET 503 !\n    GET 200',
    value: 'hello',
    reads: 'read lines',
  },
  ofetch: {
    needs: 'ofetch',
    respond: secondTime((_, response) => lines(response)),
    tree: 'root\n  read lines\n    GET 503 !\n    GET 200',
    value: 'hello',
    reads: 'read lines',
  },
  hono: {
    needs: 'ky',
    respond: (_, response) => lines(response),
    tree: 'root\n  read lines\n    GET 200',
    value: 'hello',
    reads: 'read lines',
  },
  'ai-sdk': {
    needs: 'ai',
    respond: secondTime((_, response) => events(response, [chunk('hel'), chunk('lo'), '[DONE]'])),
    tree: 'root\n  chat\n    POST 503 !\n    POST 200',
    value: 'hello',
    reads: 'chat',
  },
  neon: {
    needs: '@neondatabase/serverless',
    respond: (_, response) =>
      json(response, { fields: [{ name: 'id', dataTypeID: 23 }], rows: [['1']], command: 'SELECT', rowCount: 1 }),
    tree: 'root\n  query\n    POST 200',
    value: [{ id: 1 }],
  },
  s3: {
    needs: '@aws-sdk/client-s3',
    respond: secondTime((_, response) => lines(response)),
    tree: 'root\n  read file\n    S3.GetObject 200\n      GET 503 !\n      GET 200',
    isSilent: true,
    reads: 'read file',
    value: 'hello',
  },
  capnweb: {
    needs: 'capnweb',
    respond: (call, response) => {
      // The batch: a call pushed, its result pulled, and its answer.
      response
        .writeHead(200, { 'content-type': 'text/plain' })
        .end(call.body.includes('hello') ? '["resolve",1,"hello world"]' : '')
    },
    tree: 'root\n  POST /rpc',
    value: 'hello world',
  },
}

const documents = join(ROOT, 'docs/clients')
const installed = inClients('openai')

/** The block of TypeScript of a document. */
async function codeOf(name: string): Promise<string> {
  const text = await readFile(join(documents, `${name}.md`), 'utf8')
  const [, code] = /```ts recipe\n([\s\S]*?)```/.exec(text) ?? []
  expect(code, `docs/clients/${name}.md has a block of code`).toBeDefined()
  return code!
}

describe.skipIf(!installed)(`docs/clients${installed ? '' : ` (${NOT_INSTALLED})`}`, () => {
  let folder: string
  let local: Local

  beforeAll(async () => {
    folder = await mkdtemp(join(ROOT, 'test/clients/node_modules/.recipes-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))
  afterEach(() => local?.close())

  it('has a recipe for each client, and a test for each recipe', async () => {
    const files = (await readdir(documents)).map((file) => file.replace('.md', '')).filter((name) => name !== 'README')
    expect(files.sort()).toEqual(Object.keys(recipes).sort())
  })

  it('has recipes that compile', async () => {
    for (const name of Object.keys(recipes)) await writeFile(join(folder, `${name}.ts`), await codeOf(name))
    const compilerOptions = { isolatedDeclarations: false, declaration: false, noUnusedLocals: false }
    await writeFile(
      join(folder, 'tsconfig.json'),
      JSON.stringify({ extends: join(ROOT, 'tsconfig.json'), compilerOptions, include: ['*.ts'], exclude: [] }),
    )
    const { stdout } = await promisify(execFile)(join(ROOT, 'node_modules/.bin/tsc'), ['-p', folder]).catch(
      (error) => error,
    )
    expect(stdout.split('\n').filter((line: string) => line.includes('.recipes-'))).toEqual([])
  })

  /** The function of a recipe, compiled from its document. */
  async function compiled(name: string): Promise<(span: Span, url: string) => Promise<unknown>> {
    const source = join(folder, `${name}.ts`)
    await writeFile(source, await codeOf(name))
    const out = join(folder, `${name}.mjs`)
    const alias = { clew: join(ROOT, 'src/index.ts'), 'clew/aws-sdk': join(ROOT, 'src/aws-sdk.ts') }
    await writeFile(out, await bundle(source, { platform: 'node', packages: 'external', alias }))
    return (await import(out)).recipe
  }

  it.each(Object.entries(recipes))('%s', async (name, { respond, tree, value, reads, isSilent }) => {
    local = await Local.start(respond)
    const run = await compiled(name)
    expect(await local.run((span) => run(span, local.url))).toEqual(value)
    expect(local.tree).toBe(tree)
    if (reads) {
      const reader = local.spans.find((span) => span.name === reads)!
      const call = local.spans.findLast(({ kind, attributes }) => kind === 2 && attributes['http.request.method'])!
      // The call ended with the head of its response, and the reader with the last byte.
      expect(call.endMs).toBeLessThan(reader.endMs - PAUSE_MS / 2)
      expect(reader.endMs - call.startMs).toBeGreaterThanOrEqual(PAUSE_MS - 1)
    }
    if (isSilent) return
    // Every call carried the id of its own span.
    const ids = local.spans.filter(({ kind }) => kind === 2).map(({ spanId }) => spanId)
    for (const caller of local.callers) expect(ids).toContain(caller)
    expect(new Set(local.callers).size).toBe(local.calls.length)
  })

  const streaming = Object.entries(recipes).filter(([, { reads }]) => reads)
  it.each(streaming)('%s, when the stream breaks off', async (name, { reads }) => {
    local = await Local.start((_, response) => {
      // In the middle of an event, or of a text whose length was told.
      response.writeHead(200, { 'content-type': 'text/event-stream', 'content-length': '1000' })
      response.write('data: {"type":', () => setTimeout(() => response.destroy(), 20))
    })
    const run = await compiled(name)
    await expect(local.run((span) => run(span, local.url))).rejects.toBeDefined()
    // The head was fine, and the reader failed: it has the error, and the call has none.
    const reader = local.spans.find((span) => span.name === reads)!
    expect(reader).toMatchObject({ statusCode: 2 })
    expect(reader.attributes['clew.unfinished']).toBeUndefined()
    expect(local.spans.filter(({ attributes }) => attributes['http.response.status_code'] === 200)).not.toEqual([])
    for (const span of local.spans) if (span.kind === 2) expect(span.statusCode).toBe(0)
  })
})
