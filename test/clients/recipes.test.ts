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
  /** The calls carry no trace: AWS would not read it. */
  readonly isSilent?: true
}

const chat = {
  id: 'c',
  object: 'chat.completion',
  created: 1,
  model: 'm',
  choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'hello' } }],
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
}

/** Answers with server-sent events. */
function events(response: ServerResponse, list: readonly unknown[]): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  for (const one of list) response.write(typeof one === 'string' ? one : `data: ${JSON.stringify(one)}\n\n`)
  response.end()
}

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

const recipes: Readonly<Record<string, Recipe>> = {
  openai: {
    needs: 'openai',
    respond: secondTime((_, response) => events(response, [chunk('hel'), chunk('lo'), 'data: [DONE]\n\n'])),
    tree: 'root\n  chat\n    POST 503 !\n    POST 200',
    value: 'hello',
  },
  anthropic: {
    needs: '@anthropic-ai/sdk',
    respond: secondTime((_, response) =>
      json(response, {
        id: 'm',
        type: 'message',
        role: 'assistant',
        model: 'c',
        content: [{ type: 'text', text: 'hello' }],
        stop_reason: 'end_turn',
        usage: { input_tokens: 1, output_tokens: 1 },
      }),
    ),
    tree: 'root\n  POST 503 !\n  POST 200',
    value: 'hello',
  },
  stripe: {
    needs: 'stripe',
    respond: secondTime((_, response) => json(response, { id: 'cus_1', object: 'customer' })),
    tree: 'root\n  POST 503 !\n  POST 200',
    value: 'cus_1',
  },
  supabase: {
    needs: '@supabase/supabase-js',
    respond: (_, response) => json(response, [{ id: 1 }]),
    tree: 'root\n  GET 200',
    value: [{ id: 1 }],
  },
  octokit: {
    needs: 'octokit',
    respond: (_, response) => json(response, { full_name: 'a/b' }),
    tree: 'root\n  GET 200',
    value: 'a/b',
  },
  ky: {
    needs: 'ky',
    respond: secondTime((_, response) => json(response, { rate: 2 })),
    tree: 'root\n  GET 503 !\n  GET 200',
    value: { rate: 2 },
  },
  ofetch: {
    needs: 'ofetch',
    respond: secondTime((_, response) => json(response, { rate: 2 })),
    tree: 'root\n  GET 503 !\n  GET 200',
    value: { rate: 2 },
  },
  hono: {
    needs: 'ky',
    respond: (_, response) => json(response, { rate: 2 }),
    tree: 'root\n  GET 200',
    value: { rate: 2 },
  },
  'ai-sdk': {
    needs: 'ai',
    respond: secondTime((_, response) => json(response, chat)),
    tree: 'root\n  POST 503 !\n  POST 200',
    value: 'hello',
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
    respond: secondTime((_, response) => void response.writeHead(200, { 'content-type': 'text/plain' }).end('hello')),
    tree: 'root\n  S3.GetObject 200\n    GET 503 !\n    GET 200',
    isSilent: true,
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

  it.each(Object.entries(recipes))('%s', async (name, recipe) => {
    local = await Local.start(recipe.respond)
    const source = join(folder, `${name}.ts`)
    await writeFile(source, await codeOf(name))
    const out = join(folder, `${name}.mjs`)
    await writeFile(
      out,
      await bundle(source, {
        platform: 'node',
        packages: 'external',
        alias: { clew: join(ROOT, 'src/index.ts'), 'clew/aws-sdk': join(ROOT, 'src/aws-sdk.ts') },
      }),
    )
    const { recipe: run } = (await import(out)) as { recipe: (span: Span, url: string) => Promise<unknown> }
    const value = await local.run((span) => run(span, local.url))
    if (recipe.value !== undefined) expect(value).toEqual(recipe.value)
    expect(local.tree).toBe(recipe.tree)
    if (recipe.isSilent) return
    // Every call carried the id of its own span.
    const ids = local.spans.filter(({ kind }) => kind === 2).map(({ spanId }) => spanId)
    for (const caller of local.callers) expect(ids).toContain(caller)
    expect(new Set(local.callers).size).toBe(local.calls.length)
  })
})
