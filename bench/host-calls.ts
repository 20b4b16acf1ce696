// In: nothing. Out: what one call into workerd costs a request: microseconds of the process's own CPU time, added to a
// Worker that does the same without the call.
// Must stay true: all Workers run in one process, one of them under load at a time, in short turns; of a Worker's turns the
// lower quartile counts, against that of several copies of its base; a call that is cheap is made several times and divided.
//
//   node bench/host-calls.ts [--groups hello,fetch,post] [--rounds N] [--only REGEXP]
//   node bench/host-calls.ts --groups clew [--checkout /another]   a ladder from an untraced Worker to a traced one
//   node bench/host-calls.ts --groups first                        the first call in a fresh isolate
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { cpuMs, quartiles } from './accounting.ts'
import { client } from './client.ts'
import { bundleText, withWorkerd } from './workerd.ts'

const { values } = parseArgs({
  options: {
    groups: { type: 'string', default: 'hello,fetch,post' },
    rounds: { type: 'string', default: '30' },
    requests: { type: 'string', default: '300' },
    only: { type: 'string', default: '' },
    checkout: { type: 'string' },
  },
})

/** A Worker; `times` is how often it makes the call that it is about. */
interface Variant {
  readonly group: string
  readonly name: string
  readonly times: number
  readonly code: string
}

const variants: Variant[] = []
const repeat = (times: number, code: string): string =>
  times === 1 ? `{ ${code} }` : `for (let i = 0; i < ${times}; i++) { ${code} }`
const worker = (body: string, asynchronous = false): string =>
  `let keep\nexport default { ${asynchronous ? 'async ' : ''}fetch(request, env, ctx) { ${body} } }`

/** Beside a Worker that answers at once. */
function hello(name: string, times: number, code: string): void {
  variants.push({
    group: 'hello',
    name,
    times,
    code: worker(`const response = new Response('hello'); ${repeat(times, code)} return response`),
  })
}
for (let copy = 0; copy < 4; copy++) hello('', 1, '')
variants.push({
  group: 'hello',
  name: 'handler is async',
  times: 1,
  code: worker(`return new Response('hello')`, true),
})
hello('ctx.waitUntil(settled promise)', 1, 'ctx.waitUntil(Promise.resolve())')
hello('ctx.waitUntil(settled promise), each of 10', 10, 'ctx.waitUntil(Promise.resolve())')
hello(
  'ctx.waitUntil(pending, settled a microtask later)',
  1,
  'let r; ctx.waitUntil(new Promise((x) => (r = x))); Promise.resolve().then(r)',
)
hello('same promise without waitUntil', 1, 'let r; keep = new Promise((x) => (r = x)); Promise.resolve().then(r)')
hello('queueMicrotask', 10, 'queueMicrotask(() => {})')
hello('new Promise + then', 10, 'keep = new Promise((x) => x()).then(() => {})')
hello(
  'new Proxy(ctx, {get}) and one get',
  10,
  'keep = new Proxy(ctx, { get: (t, k) => k === "span" ? 1 : Reflect.get(t, k) }).span',
)
hello('Object.create(ctx) and one get', 10, 'keep = Object.create(ctx, { span: { value: 1 } }).span')
hello('{span, waitUntil} class instance', 10, 'keep = { span: 1, waitUntil: (p) => ctx.waitUntil(p) }.span')
hello('request.cf (none there)', 10, 'keep = request.cf')
hello('request.method', 10, 'keep = request.method')
hello('request.url', 10, 'keep = request.url')
hello('request.headers', 10, 'keep = request.headers')
hello('headers.get of one that is there', 10, "keep = request.headers.get('host')")
hello('headers.get of one that is absent', 10, "keep = request.headers.get('traceparent')")
hello('headers.has', 10, "keep = request.headers.has('traceparent')")
hello('[...headers]', 10, 'keep = [...request.headers]')
hello('new URL', 10, 'keep = new URL(request.url)')
hello(
  'new URL and five getters',
  10,
  'const u = new URL(request.url); keep = u.protocol + u.hostname + u.port + u.pathname + u.search',
)
hello('URL.canParse', 10, 'keep = URL.canParse(request.url)')
hello('URL.parse', 10, 'keep = URL.parse(request.url)')
hello(
  'URL by regular expression',
  10,
  'const m = /^(\\w+):\\/\\/([^/:?#]+)(?::(\\d+))?([^?#]*)(\\?[^#]*)?/.exec(request.url); keep = m[1] + m[2] + m[3] + m[4] + m[5]',
)
hello('new Response(text)', 10, "keep = new Response('hello')")
hello('new Response(body, response)', 1, 'return new Response(response.body, response)')
hello('response.status', 10, 'keep = response.status')
hello('response.headers', 10, 'keep = response.headers')
hello('response.body', 1, 'keep = response.body')
hello(
  'length of the body by its symbol',
  1,
  "const b = response.body; const p = Object.getPrototypeOf(b); keep = b[Object.getOwnPropertySymbols(p).find((s) => s.description === 'length')]",
)
hello(
  'length by a remembered symbol',
  1,
  "const b = response.body; keep = b[globalThis.sym ??= Object.getOwnPropertySymbols(Object.getPrototypeOf(b)).find((s) => s.description === 'length')]",
)
hello('response.webSocket', 10, 'keep = response.webSocket')
hello(
  'response.headers.set',
  1,
  "response.headers.set('traceresponse', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01')",
)
hello('new Headers()', 10, 'keep = new Headers()')
hello('new Headers(request.headers)', 10, 'keep = new Headers(request.headers)')
hello('new Headers({one})', 10, "keep = new Headers({ a: 'b' })")
hello(
  'headers.set',
  10,
  "keep = (globalThis.h ??= new Headers()).set('traceparent', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01')",
)
hello('setTimeout + clearTimeout', 1, 'clearTimeout(setTimeout(() => {}, 10000))')
hello('setTimeout + clearTimeout, each of 10', 10, 'clearTimeout(setTimeout(() => {}, 10000))')
hello('new AbortController', 10, 'keep = new AbortController()')
hello('new AbortController().signal', 10, 'keep = new AbortController().signal')
hello('AbortSignal.timeout', 1, 'keep = AbortSignal.timeout(10000)')
hello('Date.now', 10, 'keep = Date.now()')
hello('performance.now', 10, 'keep = performance.now()')
hello('crypto.getRandomValues(16 bytes)', 10, 'crypto.getRandomValues(globalThis.b ??= new Uint8Array(16))')
hello('crypto.getRandomValues(256 bytes)', 10, 'crypto.getRandomValues(globalThis.b ??= new Uint8Array(256))')
hello('Math.random', 10, 'keep = Math.random()')
hello('globalThis.IdentityTransformStream', 10, 'keep = globalThis.IdentityTransformStream')
hello('env.TEXT', 10, 'keep = env.OTLP')
hello('WeakMap.get(env)', 10, 'keep = (globalThis.w ??= new WeakMap()).get(env)')
hello(
  'closure of eight',
  10,
  'let a = 1; keep = [() => a, () => a++, () => a, () => a, () => a, () => a, () => a, () => a]',
)
hello(
  'JSON.stringify of ten attributes',
  10,
  "keep = JSON.stringify({ a: 'b', c: 'd', e: 1, f: 'g', h: 'i', j: 'k', l: 2, m: true, n: 'o', p: 'q' })",
)

/** Beside a Worker that makes one call upstream. */
function upstream(name: string, code: string): void {
  variants.push({ group: 'fetch', name, times: 1, code: worker(code, true) })
}
const TP = "'00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'"
const answer = 'return new Response(await response.text())'
for (let copy = 0; copy < 4; copy++) upstream('', `const response = await fetch(env.UPSTREAM); ${answer}`)
upstream(
  '{headers: {traceparent}}',
  `const response = await fetch(env.UPSTREAM, { headers: { traceparent: ${TP} } }); ${answer}`,
)
upstream(
  'new Headers + set',
  `const headers = new Headers(); headers.set('traceparent', ${TP}); const response = await fetch(env.UPSTREAM, { headers }); ${answer}`,
)
upstream(
  'two Headers, one a copy, + set',
  `const own = new Headers(undefined); const headers = new Headers(own); headers.set('traceparent', ${TP}); const response = await fetch(env.UPSTREAM, { headers }); ${answer}`,
)
upstream(
  '{...init, headers}',
  `const init = {}; const response = await fetch(env.UPSTREAM, { ...init, headers: { traceparent: ${TP} } }); ${answer}`,
)
upstream(
  'four headers, literal',
  `const response = await fetch(env.UPSTREAM, { headers: { traceparent: ${TP}, a: 'b', c: 'd', e: 'f' } }); ${answer}`,
)
upstream(
  'method and redirect',
  `const response = await fetch(env.UPSTREAM, { method: 'GET', redirect: 'manual' }); ${answer}`,
)
upstream(
  'AbortController and its signal',
  `const response = await fetch(env.UPSTREAM, { signal: new AbortController().signal }); ${answer}`,
)
upstream('new Request', `const response = await fetch(new Request(env.UPSTREAM)); ${answer}`)
upstream(
  'new Request with headers',
  `const response = await fetch(new Request(env.UPSTREAM, { headers: { traceparent: ${TP} } })); ${answer}`,
)
upstream(
  'new Request, then init.headers',
  `const response = await fetch(new Request(env.UPSTREAM), { headers: { traceparent: ${TP} } }); ${answer}`,
)
upstream('URL object', `const response = await fetch(new URL(env.UPSTREAM)); ${answer}`)
upstream(
  '.then(done, failed)',
  `const response = await fetch(env.UPSTREAM).then((r) => r, (e) => { throw e }); ${answer}`,
)
upstream('response.status', `const response = await fetch(env.UPSTREAM); keep = response.status; ${answer}`)
upstream(
  'status and headers.get',
  `const response = await fetch(env.UPSTREAM); keep = response.headers.get('content-length'); ${answer}`,
)
upstream(
  'arrayBuffer() for text()',
  'const response = await fetch(env.UPSTREAM); return new Response(await response.arrayBuffer())',
)
upstream(
  'bytes() for text()',
  'const response = await fetch(env.UPSTREAM); return new Response(await response.bytes())',
)
upstream('body passed on', 'const response = await fetch(env.UPSTREAM); return new Response(response.body)')
upstream('response returned as it is', 'return fetch(env.UPSTREAM)')

/** Beside a Worker that posts as a tracer does: what it posts, how, and what it does with the answer. */
function posting(
  name: string,
  {
    body = 'BODY',
    init = '',
    headers = "'content-type': 'application/json'",
    read = '.then((r) => r.arrayBuffer())',
    before = '',
    shape = (call: string) => `ctx.waitUntil(${call}); return new Response('hello')`,
  }: {
    body?: string
    init?: string
    headers?: string
    read?: string
    before?: string
    shape?: (call: string) => string
  } = {},
): void {
  const call = `fetch(env.OTLP, { method: 'POST', headers: { ${headers} }, body: ${body}${init} })${read}`
  variants.push({
    group: 'post',
    name,
    times: 1,
    code: `const BODY = 'x'.repeat(4600), SMALL = 'x'.repeat(500), LARGE = 'x'.repeat(20000), BYTES = new TextEncoder().encode(BODY)\n${worker(`${before}; ${shape(call)}`)}`,
  })
}
for (let copy = 0; copy < 4; copy++) posting('')
posting('hello, no POST', { shape: () => "return new Response('hello')" })
posting('500 bytes', { body: 'SMALL' })
posting('20,000 bytes', { body: 'LARGE' })
posting('no header at all', { headers: '' })
posting('and user-agent', {
  headers: "'content-type': 'application/json', 'user-agent': 'clew/0.1.0 OTel-OTLP-Exporter-JavaScript/0.1.0'",
})
posting('and three headers', { headers: "'content-type': 'application/json', a: 'b', c: 'd', e: 'f'" })
posting('Uint8Array body', { body: 'BYTES' })
posting('ArrayBuffer body', { body: 'BYTES.buffer' })
posting('text with one é (two bytes a character)', { body: "BODY + 'é€'" })
posting('text concatenated of 200 pieces', {
  before: "let text = ''; for (let i = 0; i < 200; i++) text += 'abcdefghijklmnopqrstuvw' + (i & 7)",
  body: 'text',
})
posting('the same, flattened by TextEncoder', {
  before: "let text = ''; for (let i = 0; i < 200; i++) text += 'abcdefghijklmnopqrstuvw' + (i & 7)",
  body: '(globalThis.te ??= new TextEncoder()).encode(text)',
})
posting('answer never read', { read: '' })
posting('answer: text()', { read: '.then((r) => r.text())' })
posting('answer: body.cancel()', { read: '.then((r) => r.body.cancel())' })
posting('answer: body?.cancel() unawaited', { read: '.then((r) => { r.body.cancel() })' })
posting('answer: reader', {
  read: '.then(async (r) => { const reader = r.body.getReader(); while (!(await reader.read()).done); })',
})
posting('answer: ok, status, content-type first', {
  read: ".then((r) => { keep = r.ok && r.status && r.headers.get('content-type'); return r.arrayBuffer() })",
})
posting('answer: four header look-ups first', {
  read: ".then((r) => { const h = r.headers; keep = r.ok && r.status && h.get('content-type') + h.get('content-length') + h.has('content-encoding') + h.get('location'); return r.arrayBuffer() })",
})
posting('redirect: manual', { init: ", redirect: 'manual'" })
posting('signal of an AbortController', { init: ', signal: new AbortController().signal' })
posting('AbortSignal.timeout', { init: ', signal: AbortSignal.timeout(10000)' })
posting('setTimeout before, clearTimeout after', {
  before: 'const t = setTimeout(() => {}, 10000);',
  read: '.then((r) => r.arrayBuffer()).then(() => clearTimeout(t))',
})
posting('setTimeout, signal, clearTimeout', {
  before: 'const c = new AbortController(); const t = setTimeout(() => c.abort(), 10000);',
  init: ', signal: c.signal',
  read: '.then((r) => r.arrayBuffer()).then(() => clearTimeout(t))',
})
posting('five more .then', {
  read: '.then((r) => r.arrayBuffer()).then((x) => x).then((x) => x).then((x) => x).then((x) => x).then((x) => x)',
})
posting('promise given to waitUntil first, POST from a microtask', {
  shape: (call) =>
    `let r; ctx.waitUntil(new Promise((x) => (r = x))); Promise.resolve().then(() => ${call}).then(r, r); return new Response('hello')`,
})
posting('POST before the Response is made, from the handler', {
  shape: (call) => `const p = ${call}; ctx.waitUntil(p); return new Response('hello')`,
})
posting('POST after setTimeout(0)', {
  shape: (call) =>
    `ctx.waitUntil(new Promise((x) => setTimeout(x, 0)).then(() => ${call})); return new Response('hello')`,
})
posting('POST after scheduler.wait(0)', {
  shape: (call) => `ctx.waitUntil(scheduler.wait(0).then(() => ${call})); return new Response('hello')`,
})
posting('two waitUntils', {
  shape: (call) => `const p = ${call}; ctx.waitUntil(p); ctx.waitUntil(p); return new Response('hello')`,
})
posting('two POSTs', {
  shape: (call) => `ctx.waitUntil(${call}); ctx.waitUntil(${call}); return new Response('hello')`,
})

/** A ladder from the Worker that answers at once to a traced one: each with a part of clew more. */
async function clew(name: string, options: string, body: string, more = ''): Promise<void> {
  const source = `
    import { alwaysOff, createTracer, otlp } from 'clew'
    import { workers } from 'clew/workers'
    const five = (i) => ({ 'db.system.name': 'sqlite', 'db.query.text': 'select * from carts where id = ?', 'db.response.returned_rows': i, 'app.cache.hit': true, 'app.share': 0.25 })
    const nowhere = { export: async () => ({ ok: true }) }
    const tracer = createTracer((env) => ({ service: 'bench', exporter: otlp({ url: env.OTLP }), ${options} }))
    ${more}
    export default workers(tracer, { fetch: ${body} })`
  variants.push({ group: 'clew', name, times: 1, code: await bundleText(source, { checkout: values.checkout }) })
}
if (values.groups.includes('clew')) {
  const OFF = 'sampler: alwaysOff()'
  const NOWHERE = 'exporter: nowhere'
  const children = (count: number): string =>
    `for (let i = 0; i < ${count}; i++) span.startSpan('select carts', { kind: 2, attributes: five(i) }).end();`
  for (let copy = 0; copy < 2; copy++)
    variants.push({ group: 'clew', name: '', times: 1, code: worker("return new Response('hello')") })
  await clew('unsampled, span not used', OFF, "() => new Response('hello')")
  await clew(
    'unsampled, { span } taken',
    OFF,
    "(request, env, { span }) => { span.isRecording(); return new Response('hello') }",
  )
  await clew('unsampled, async', OFF, "async (request, env, { span }) => new Response('hello')")
  await clew(
    'unsampled, five children',
    OFF,
    `(request, env, { span }) => { ${children(5)} return new Response('hello') }`,
  )
  await clew('traced, exporter does nothing', NOWHERE, "() => new Response('hello')")
  await clew(
    'traced, five children, exporter does nothing',
    NOWHERE,
    `(request, env, { span }) => { ${children(5)} return new Response('hello') }`,
  )
  await clew('traced and posted', '', "() => new Response('hello')")
  await clew(
    'traced, five children, posted',
    '',
    `(request, env, { span }) => { ${children(5)} return new Response('hello') }`,
  )
  const post = (bytes: number, headers: string) =>
    worker(
      `ctx.waitUntil(fetch(env.OTLP, { method: 'POST', headers: { 'content-type': 'application/json'${headers} }, body: BODY${bytes} }).then((r) => r.arrayBuffer())); return new Response('hello')`,
    )
  const agent = ", 'user-agent': 'clew/0.1.0 OTel-OTLP-Exporter-JavaScript/0.1.0'"
  for (const bytes of [1000, 4000])
    variants.push({
      group: 'clew',
      name: `untraced, posts ${bytes} bytes`,
      times: 1,
      code: `const BODY${bytes} = 'x'.repeat(${bytes})\n${post(bytes, '')}`,
    })
  variants.push({
    group: 'clew',
    name: 'untraced, posts 4000 bytes with user-agent',
    times: 1,
    code: `const BODY4000 = 'x'.repeat(4000)\n${post(4000, agent)}`,
  })
  const fetches = (call: string): string =>
    `const response = await ${call}(env.UPSTREAM); return new Response(await response.text())`
  variants.push({ group: 'clew', name: 'untraced, fetches', times: 1, code: worker(fetches('fetch'), true) })
  await clew('unsampled, global fetch', OFF, `async (request, env, { span }) => { ${fetches('fetch')} }`)
  await clew('unsampled, span.fetch', OFF, `async (request, env, { span }) => { ${fetches('span.fetch')} }`)
  await clew(
    'traced, span.fetch, exporter does nothing',
    NOWHERE,
    `async (request, env, { span }) => { ${fetches('span.fetch')} }`,
  )
  await clew('traced, global fetch, posted', '', `async (request, env, { span }) => { ${fetches('fetch')} }`)
  await clew('traced, span.fetch, posted', '', `async (request, env, { span }) => { ${fetches('span.fetch')} }`)
  await clew(
    'traced, five children, span.fetch, posted',
    '',
    `async (request, env, { span }) => { ${children(5)} ${fetches('span.fetch')} }`,
  )
  variants.push({
    group: 'clew',
    name: 'untraced, fetches, posts 4000 bytes',
    times: 1,
    code: `const BODY4000 = 'x'.repeat(4000)\n${worker(`const response = await fetch(env.UPSTREAM); ctx.waitUntil(fetch(env.OTLP, { method: 'POST', headers: { 'content-type': 'application/json' }, body: BODY4000 }).then((r) => r.arrayBuffer())); return new Response(await response.text())`, true)}`,
  })
}

/** The first call in a fresh isolate, in milliseconds of CPU: what is lazy in workerd is made then. */
async function first(): Promise<void> {
  const TRACED = (name: string): string => `clew: ${name}`
  const codes: [string, string][] = [
    ['', worker("return new Response('hello')")],
    ['(again)', worker("return new Response('hello')")],
    ...variants
      .filter(({ group, name, times }) => group === 'hello' && name && !/each of/.test(name) && times)
      .map(({ name, code }): [string, string] => [name, code.replace(/i < 10/g, 'i < 1')]),
    [
      'fetch in waitUntil',
      worker(
        "ctx.waitUntil(fetch(env.OTLP, { method: 'POST', body: 'x' }).then((r) => r.arrayBuffer())); return new Response('hello')",
      ),
    ],
    [
      'fetch in waitUntil, unread',
      worker("ctx.waitUntil(fetch(env.OTLP, { method: 'POST', body: 'x' })); return new Response('hello')"),
    ],
    [
      'fetch with a signal',
      worker(
        "ctx.waitUntil(fetch(env.OTLP, { method: 'POST', body: 'x', signal: new AbortController().signal }).then((r) => r.arrayBuffer())); return new Response('hello')",
      ),
    ],
    [
      'fetch with headers',
      worker(
        "ctx.waitUntil(fetch(env.OTLP, { method: 'POST', body: 'x', headers: { 'content-type': 'application/json' } }).then((r) => r.arrayBuffer())); return new Response('hello')",
      ),
    ],
    ['typeof process', worker("keep = typeof process; return new Response('hello')")],
    ['globalThis.process', worker("keep = globalThis.process; return new Response('hello')")],
    ['navigator.userAgent', worker("keep = navigator.userAgent; return new Response('hello')")],
    ['new TextEncoder().encode', worker("keep = new TextEncoder().encode('x'); return new Response('hello')")],
    [
      'new TextDecoder().decode',
      worker("keep = new TextDecoder().decode(new Uint8Array(3)); return new Response('hello')"),
    ],
    ['new Date().toISOString', worker("keep = new Date().toISOString(); return new Response('hello')")],
    [
      'a regular expression with u and \\p',
      worker("keep = /^[\\p{L}\\p{N}]+$/u.test(request.url); return new Response('hello')"),
    ],
    [
      'ten regular expressions',
      worker(
        `keep = [${Array.from({ length: 10 }, (_, i) => `/^[a-z${i}]{1,${i + 2}}(x|y)*$/.test(request.url)`)}]; return new Response('hello')`,
      ),
    ],
    [
      '50 kB of source that is not run',
      `${Array.from({ length: 500 }, (_, i) => `function unused${i}(a, b) { const c = a + b * ${i}; return (d) => c + d + unused${Math.max(0, i - 1)}(a, b) }`).join('\n')}\n${worker("if (request.method === 'X') return unused499(1, 2); return new Response('hello')")}`,
    ],
    [
      TRACED('hello'),
      await bundleText(readFileSync('test/runtime/fixtures/hello.ts', 'utf8').replace('env.OTLP_URL', 'env.OTLP'), {
        checkout: values.checkout,
      }),
    ],
    [
      TRACED('imported, not called'),
      await bundleText(
        `import { createTracer, otlp } from 'clew'; import { workers } from 'clew/workers'; const keep = [createTracer, otlp, workers]; export default { fetch: (r) => r.method === 'X' ? keep : new Response('hello') }`,
        { checkout: values.checkout },
      ),
    ],
    [
      TRACED('createTracer and workers called, plain handler'),
      await bundleText(
        `import { createTracer, otlp } from 'clew'; import { workers } from 'clew/workers'; const tracer = createTracer((env) => ({ service: 'hello', exporter: otlp({ url: env.OTLP }) })); const traced = workers(tracer, { fetch: () => new Response('hello') }); export default { fetch: (r) => r.method === 'X' ? traced : new Response('hello') }`,
        { checkout: values.checkout },
      ),
    ],
    [
      TRACED('unsampled'),
      await bundleText(
        `import { alwaysOff, createTracer, otlp } from 'clew'; import { workers } from 'clew/workers'; export default workers(createTracer((env) => ({ service: 'hello', sampler: alwaysOff(), exporter: otlp({ url: env.OTLP }) })), { fetch: () => new Response('hello') })`,
        { checkout: values.checkout },
      ),
    ],
    [
      TRACED('traced, exporter does nothing'),
      await bundleText(
        `import { createTracer } from 'clew'; import { workers } from 'clew/workers'; export default workers(createTracer((env) => ({ service: 'hello', exporter: { export: async () => ({ ok: true }) } })), { fetch: () => new Response('hello') })`,
        { checkout: values.checkout },
      ),
    ],
  ]
  await withWorkerd(async (bench) => {
    const outside = `http://127.0.0.1:${await bench.outside()}`
    for (const [i, [, code]] of codes.entries()) writeFileSync(join(bench.directory, `c${i}.mjs`), code)
    const loader = `export default { fetch(request, env) {
      const at = /\\d+/.exec(new URL(request.url).pathname)[0]
      return env.LOADER.get(request.url, async () => ({ compatibilityDate: '2026-07-28', mainModule: 'w.js', modules: { 'w.js': env['C' + at] }, env: { OTLP: env.OTLP, UPSTREAM: env.OTLP } })).getEntrypoint().fetch(request) } }`
    writeFileSync(join(bench.directory, 'loader.mjs'), loader)
    const { pid, port } = await bench.workerd(
      `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = (modules = [(name = "l.mjs", esModule = embed "loader.mjs")], compatibilityDate = "2026-07-28", bindings = [(name = "LOADER", workerLoader = ()), (name = "OTLP", text = "${outside}"), ${codes.map((_, i) => `(name = "C${i}", text = embed "c${i}.mjs")`)}])),
    (name = "internet", network = (allow = ["private", "public"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
`,
      ['--experimental'],
    )
    const seen = codes.map((): number[] => [])
    for (let round = 0; round < Number(values.rounds); round++)
      for (let i = 0; i < codes.length; i++) {
        const at = (i + round * 7) % codes.length
        const one = await client(port, 1, `/${at}/${round}`)
        const before = cpuMs(pid)
        await one.burst(1)
        one.close()
        await new Promise((resolve) => setTimeout(resolve, 20))
        if (round > 1) seen[at]!.push(cpuMs(pid) - before)
      }
    const plain = quartiles(seen[0]!)[1]
    console.log(`\nfirst: a plain Worker's fresh isolate takes ${plain.toFixed(2)} ms CPU\n`)
    for (const [i, [name]] of codes.entries()) {
      const [low, median, high] = quartiles(seen[i]!)
      console.log(
        `| ${name} | ${(median - plain).toFixed(2)} | ${(low - plain).toFixed(2)} … ${(high - plain).toFixed(2)} |`,
      )
    }
  })
}
if (values.groups.includes('first')) await first()

await withWorkerd(async (bench) => {
  const outside = `http://127.0.0.1:${await bench.outside()}`
  const groups = values.groups.split(',').filter((group) => group !== 'first')
  const chosen = variants.filter(
    ({ group, name }) => groups.includes(group) && (!name || new RegExp(values.only).test(name)),
  )
  for (const [i, { code }] of chosen.entries()) writeFileSync(join(bench.directory, `w${i}.mjs`), code)
  const { pid, ports } = await bench.workerds(
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    ${chosen.map((_, i) => `(name = "w${i}", worker = (modules = [(name = "w.mjs", esModule = embed "w${i}.mjs")], compatibilityDate = "2026-07-28", bindings = [(name = "UPSTREAM", text = "${outside}/quote"), (name = "OTLP", text = "${outside}")]))`).join(',\n    ')},
    (name = "internet", network = (allow = ["private", "public"])),
  ],
  sockets = [${chosen.map((_, i) => `(name = "s${i}", address = "127.0.0.1:0", http = (), service = "w${i}")`).join(', ')}],
);
`,
    chosen.length,
  )
  const clients = await Promise.all(
    chosen.map(({ name }, i) => client(ports[`s${i}`]!, 8, `/${encodeURIComponent(name)}`)),
  )
  /** Microseconds of CPU a request of one Worker, over a burst. */
  const slice = async (i: number, requests = Number(values.requests)): Promise<number> => {
    // The first warm up the caches of the machine, which the other Workers have used meanwhile.
    await clients[i]!.burst(100)
    const before = cpuMs(pid)
    await clients[i]!.burst(requests)
    return ((cpuMs(pid) - before) * 1000) / requests
  }
  for (const group of groups) {
    const members = chosen.flatMap((variant, i) => (variant.group === group ? [i] : []))
    for (const i of members) await slice(i, 2000)
    const seen = new Map<number, number[]>(members.map((i) => [i, []]))
    for (let round = 0; round < Number(values.rounds); round++)
      for (let at = 0; at < members.length; at++) {
        const i = members[(at + round * 7) % members.length]!
        seen.get(i)!.push(await slice(i))
      }
    const [bases, others] = [members.filter((i) => !chosen[i]!.name), members.filter((i) => chosen[i]!.name)]
    const calm = (values: readonly number[]): number => quartiles(values)[0]
    const part = (i: number, from: number, to: number): number => {
      const all = seen.get(i)!
      return calm(all.slice(Math.floor(all.length * from), Math.floor(all.length * to)))
    }
    const base = (from: number, to: number): number =>
      bases.reduce((sum, i) => sum + part(i, from, to), 0) / bases.length
    const each = bases.map((i) => part(i, 0, 1).toFixed(1)).join(', ')
    console.log(`\n${group}: base ${base(0, 1).toFixed(1)} µs CPU a request (copies of it: ${each})\n`)
    for (const i of others) {
      const { name, times } = chosen[i]!
      const added = (from: number, to: number): number => (part(i, from, to) - base(from, to)) / times
      const thirds = [added(0, 1 / 3), added(1 / 3, 2 / 3), added(2 / 3, 1)]
      const spread = `${Math.min(...thirds).toFixed(2)} … ${Math.max(...thirds).toFixed(2)}`
      console.log(`| ${name} | ${added(0, 1).toFixed(2)} | ${spread} |${times > 1 ? ` each of ${times}` : ''}`)
    }
  }
})
process.exit(0)
