// In: programs that leave the trace by accident, and some that do not. Out: what ESLint says, and what it makes of them.
// Must stay true: every version of ESLint that the plugin is for says the same.
import { ESLint, Linter, RuleTester } from 'eslint'
import { ESLint as ESLint9, Linter as Linter9, RuleTester as RuleTester9 } from 'eslint-9'
import { describe, expect, it } from 'vitest'
import clew from '../../packages/eslint-plugin-clew/src/index.ts'

const rule = (name: string) => clew.rules[name] as never
const [useSpan, noSpan] = [{ messageId: 'useSpan' }, { messageId: 'noSpan' }]

describe.each([
  [9, RuleTester9, ESLint9, Linter9],
  [10, RuleTester, ESLint, Linter],
])('ESLint %i', (version, Tester, Engine, { version: own }) => {
  it('takes the recommended configuration', async () => {
    expect(own).toMatch(new RegExp(`^${version}\\.`))
    const engine = new Engine({ overrideConfigFile: true, overrideConfig: [clew.configs['recommended'] as never] })
    const [result] = await engine.lintText('export const load = (span) => fetch("/a")')
    expect(result?.messages.map(({ ruleId, severity }) => [ruleId, severity])).toEqual([['clew/no-global-fetch', 2]])
  })

  Tester.describe = describe
  Tester.it = it
  const tester = new Tester({
    languageOptions: { ecmaVersion: 2024, sourceType: 'module' } as Linter.LanguageOptions,
  })

  tester.run('no-global-fetch', rule('no-global-fetch'), {
    valid: [
      'const load = (span) => span.fetch("/a")',
      'import { fetch } from "./own.js"; export const load = (span) => fetch("/a")',
      'const load = (span, fetch) => fetch("/a")',
      'export default { fetch(request, env, { span }) { return span.fetch(request) } }',
      'client.fetch("/a"); const has = typeof fetch === "function"',
      'globalThis.fetch = replaced',
      'const name = { fetch: 1 }.fetch',
      { code: 'export const load = () => fetch("/a")', options: [{ onlyWithSpan: true }] },
      // An element of a page is no span: no span is at hand, and with the option that is enough.
      { code: 'const span = document.createElement("span"); fetch(span.title)', options: [{ onlyWithSpan: true }] },
    ],
    invalid: [
      {
        code: 'const load = (span) => fetch("/a")',
        output: 'const load = (span) => span.fetch("/a")',
        errors: [useSpan],
      },
      {
        code: 'export default { async fetch(request, env, { span }) { return globalThis.fetch(request) } }',
        output: 'export default { async fetch(request, env, { span }) { return span.fetch(request) } }',
        errors: [useSpan],
      },
      {
        code: 'const make = (span) => new OpenAI({ apiKey, fetch })',
        output: 'const make = (span) => new OpenAI({ apiKey, fetch: span.fetch })',
        errors: [useSpan],
      },
      {
        code: 'const make = (span) => ky.create({ fetch: self.fetch })',
        output: 'const make = (span) => ky.create({ fetch: span.fetch })',
        errors: [useSpan],
      },
      {
        code: 'const f = (span) => [1].map((n) => fetch(n))',
        output: 'const f = (span) => [1].map((n) => span.fetch(n))',
        errors: [useSpan],
      },
      { code: 'export const load = () => fetch("/a")', output: null, errors: [noSpan] },
      { code: 'const span = document.createElement("span"); fetch(span.title)', output: null, errors: [noSpan] },
      {
        code: 'const f = (span) => fetch("/a")',
        output: 'const f = (span) => span.fetch("/a")',
        languageOptions: { globals: { fetch: 'readonly' } },
        errors: [useSpan],
      },
      {
        code: 'const f = (span) => window.fetch("/a")',
        output: 'const f = (span) => span.fetch("/a")',
        languageOptions: { globals: { window: 'readonly', fetch: 'readonly' } },
        errors: [useSpan],
      },
    ],
  })

  tester.run('no-unthreaded-env', rule('no-unthreaded-env'), {
    valid: [
      'export default { fetch(request, env, { span }) { return env.DB.prepare("select 1").first() } }',
      'const load = (span) => span.env.DB.prepare("select 1").first()',
      'const f = (span) => { const { env } = span; return env.DB }',
      'const f = (env) => env.DB',
      'import { env } from "./config.js"; const f = (span) => env.NAME',
    ],
    invalid: [
      {
        code: 'export default { fetch(request, env, { span }) { return span.enterSpan("q", (span) => env.DB.first()) } }',
        output:
          'export default { fetch(request, env, { span }) { return span.enterSpan("q", (span) => span.env.DB.first()) } }',
        errors: [useSpan],
      },
      {
        code: 'import { env } from "cloudflare:workers"; export const load = (span) => env.KV.get("a")',
        output: 'import { env } from "cloudflare:workers"; export const load = (span) => span.env.KV.get("a")',
        errors: [useSpan],
      },
      {
        code: 'const f = (span, env) => span.enterSpan("q", (child) => env.DB.first())',
        output: 'const f = (span, env) => span.enterSpan("q", (child) => child.env.DB.first())',
        errors: [useSpan],
      },
      {
        code: 'function app(env) { return traced("x", (span) => make({ env })) }',
        output: 'function app(env) { return traced("x", (span) => make({ env: span.env })) }',
        errors: [useSpan],
      },
    ],
  })

  tester.run('no-outer-span', rule('no-outer-span'), {
    valid: [
      'const f = (span) => span.enterSpan("a", (span) => span.fetch("/"))',
      'const f = (span) => span.enterSpan("a", (span) => span.enterSpan("b", (span) => span.fetch("/")))',
      'const f = (span) => span.enterSpan("a", () => 1)',
      'const f = (span) => [1].map(() => span.fetch("/"))',
      'const f = (span) => span.enterSpan("a", (child) => child.addLink({ context: span.spanContext() }))',
      'const f = (span) => span.enterSpan("a", charge, span.baggage)',
      'const f = (span) => { using child = span.startSpan("a"); return child.fetch("/") }',
      'export const f = traced("a", (span) => span.fetch("/"))',
    ].map((code) => ({ code, languageOptions: { ecmaVersion: 'latest' } as never })),
    invalid: [
      {
        code: 'const f = (span) => span.enterSpan("a", (child) => span.fetch("/"))',
        output: 'const f = (span) => span.enterSpan("a", (child) => child.fetch("/"))',
        errors: [{ messageId: 'useInner' }],
      },
      {
        code: 'const f = (span) => span.enterSpan("a", async () => { await span.fetch("/"); return span.env.DB.first() })',
        output:
          'const f = (span) => span.enterSpan("a", async (span) => { await span.fetch("/"); return span.env.DB.first() })',
        errors: [{ messageId: 'takeInner' }, { messageId: 'takeInner' }],
      },
      {
        code: 'const f = (span) => span.continueTrace(m, "a", function () { return span.startSpan("b") })',
        output: 'const f = (span) => span.continueTrace(m, "a", function (span) { return span.startSpan("b") })',
        errors: [{ messageId: 'takeInner' }],
      },
      {
        // Which span an attribute belongs on is not for a tool to say.
        code: 'const f = (span) => span.enterSpan("a", (child) => span.setAttribute("k", 1))',
        output: null,
        errors: [
          {
            messageId: 'useInner',
            suggestions: [
              {
                messageId: 'replace',
                data: { inner: 'child' },
                output: 'const f = (span) => span.enterSpan("a", (child) => child.setAttribute("k", 1))',
              },
            ],
          },
        ],
      },
      {
        code: 'const f = (span) => span.enterSpan("a", () => { span.setAttribute("k", 1) })',
        output: null,
        errors: [
          {
            messageId: 'takeInner',
            suggestions: [
              {
                messageId: 'take',
                data: { inner: 'span' },
                output: 'const f = (span) => span.enterSpan("a", (span) => { span.setAttribute("k", 1) })',
              },
            ],
          },
        ],
      },
      {
        code: 'const f = (span) => span.enterSpan("a", (child) => [1].map(() => load(span)))',
        output: null,
        errors: [
          {
            messageId: 'useInner',
            suggestions: [
              {
                messageId: 'replace',
                data: { inner: 'child' },
                output: 'const f = (span) => span.enterSpan("a", (child) => [1].map(() => load(child)))',
              },
            ],
          },
        ],
      },
      {
        code: 'const f = (span) => span.enterSpan("a", (child) => child.enterSpan("b", (span) => child.fetch("/")))',
        output: 'const f = (span) => span.enterSpan("a", (child) => child.enterSpan("b", (span) => span.fetch("/")))',
        errors: [{ messageId: 'useInner' }],
      },
    ],
  })
})
