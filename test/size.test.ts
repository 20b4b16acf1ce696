// What a user's bundle weighs, against the budgets, and the README's figures against what is measured.
import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { bundle, explain, measure, table, tableIn } from '../scripts/size.ts'
import { BUDGETS } from '../scripts/size-budgets.ts'

const README = new URL('../README.md', import.meta.url)

describe('a bundle stays within its budget:', () => {
  test.each(BUDGETS.map((set) => [set.name, set] as const))('%s', async (_, { entry, gzip }) => {
    const size = await measure(entry)
    // An entry that bundles to nothing would fit every budget.
    expect(size.min).toBeGreaterThan(40)
    expect(size.gzip).toBeLessThanOrEqual(gzip)
  })
})

test.each(BUDGETS.filter(({ aim }) => aim))(
  'an aim that is reached becomes the budget: $name',
  async ({ entry, aim }) => {
    expect((await measure(entry)).gzip).toBeGreaterThan(aim!)
  },
)

/** What the three doors have beside what one chooses from: helpers, which come with it. */
const HELPERS: Record<string, RegExp> = {
  propagate:
    /^(\w*Baggage|baggageAttributes|baggageProperties|attach|carrier\w+|contextIn|detach|\w+Getter|\w+Setter|getterOf|admit|extractLinks|messageContext|outbound|permitted|redirectOf|\w*[sS]erverTiming|(empty|parse|fit|limit)TraceState|\w+Traceparent|isValid|readXray|xrayLambda)$/,
  sampling: /^(byRoute|byRouteAndStatus|spanBytes|adjustedCountOf|probabilityOf|thresholdOf)$/,
  flush: /^(ClewError|\w+Drops|lost|outstanding|dropAttributes|printOnce|warnOncePerReason)$/,
}

test.each(Object.entries(HELPERS))('everything to choose from clew/%s has a budget', async (door, helpers) => {
  const exports = Object.entries(await import(`../src/${door}.ts`))
  const choices = exports.flatMap(([name, value]) =>
    typeof value === 'function' && !helpers.test(name) ? [`\`${name}\` from \`clew/${door}\``] : [],
  )
  expect(choices.length).toBeGreaterThan(5)
  expect(choices.filter((choice) => !BUDGETS.some(({ name }) => name === choice))).toEqual([])
})

test('a name that a door does not export is an error, not an empty bundle', async () => {
  await expect(measure({ source: `export { nothing } from 'clew'` })).rejects.toThrow('nothing')
})

test('a Worker that says "hello" carries neither other formats, nor samplers with state, nor protobuf', async () => {
  const modules = (await explain({ file: 'test/runtime/fixtures/hello.ts' })).map(({ module }) => module)
  expect(modules).toContain('src/flush/json.ts')
  expect(modules.filter((name) => /b3|jaeger|xray|datadog|adaptive|protobuf|gzip|lambda|hono/.test(name))).toEqual([])
})

test('nothing a bundle carries imports from the host', async () => {
  const everything = BUDGETS.find(({ name }) => name.startsWith('everything'))!
  const { code } = await bundle(everything.entry)
  expect(code).not.toMatch(/(?:from|import)\s*["'](?:node|cloudflare):/)
})

test.skipIf(!existsSync(README))('the README tells the sizes that are measured', async () => {
  expect(tableIn(readFileSync(README, 'utf8'))).toBe(await table())
})
