// In: conditions on what is known when an invocation begins. Out: the sampler of the first rule that holds.
// Must stay true: patterns are prepared once; a rule reads only the input; the order of the list is the order of asking.
import { alwaysOff } from './always.ts'
import { textTest, type ValueMatcher, valueTest } from './match.ts'
import type { Sampler, SamplingInput } from './sampler.ts'

/** A regular expression, or text with `*` and `?` in any letter case. */
export type Pattern = string | RegExp

/** All conditions that are present must hold; a rule without any holds always. */
export interface Rule {
  readonly sampler: Sampler
  /** The span's name. */
  readonly name?: Pattern
  /** `http.request.method`. */
  readonly method?: Pattern
  /** `http.route`, where the adapter knows it at the start. */
  readonly route?: Pattern
  /** `url.path`. */
  readonly path?: Pattern
  /** `server.address`, else the `host` header without its port. */
  readonly host?: Pattern
  /** The tracer's own service, as given to `rules(list, { service })`. */
  readonly service?: Pattern
  /** `user.id` (or its former name `enduser.id`) in the attributes, else in the baggage. */
  readonly user?: Pattern
  /** By header name in any letter case. */
  readonly headers?: Readonly<Record<string, Pattern>>
  readonly attributes?: Readonly<Record<string, ValueMatcher>>
  readonly baggage?: Readonly<Record<string, Pattern>>
  /** Anything else. */
  readonly when?: (input: SamplingInput) => boolean
}

export interface RulesOptions {
  /** Our service name, for rules that name one. */
  readonly service?: string
  /** Who decides when no rule holds. Default `alwaysOff()`. */
  readonly otherwise?: Sampler
}

type Test = (input: SamplingInput) => boolean

/** Asks the rules in order, the first that holds decides (as AWS X-Ray's rules by priority). */
export const rules = (list: readonly Rule[], options: RulesOptions = {}): Sampler => {
  const { otherwise = alwaysOff(), service } = options
  const prepared = list.map((rule) => ({ sampler: rule.sampler, tests: testsOf(rule, service) }))
  return {
    shouldSample(input) {
      const rule = prepared.find(({ tests }) => tests.every((test) => test(input)))
      return (rule?.sampler ?? otherwise).shouldSample(input)
    },
    description: `Rules{${[...list.map(({ sampler }) => sampler), otherwise].map((s) => s.description).join(', ')}}`,
  }
}

const testsOf = (rule: Rule, service: string | undefined): readonly Test[] => {
  const tests: Test[] = []
  const on = (pattern: Pattern | undefined, read: (input: SamplingInput) => string | null | undefined): void => {
    if (pattern === undefined) return
    const test = textTest(pattern)
    tests.push((input) => test(read(input)))
  }
  on(rule.name, (input) => input.name)
  on(rule.method, (input) => text(input, 'http.request.method'))
  on(rule.route, (input) => text(input, 'http.route'))
  on(rule.path, (input) => text(input, 'url.path'))
  on(rule.host, (input) => text(input, 'server.address') ?? input.headers?.get('host')?.replace(/:\d+$/, ''))
  on(rule.service, () => service)
  on(
    rule.user,
    (input) =>
      text(input, 'user.id') ??
      text(input, 'enduser.id') ??
      input.baggage?.get('user.id') ??
      input.baggage?.get('enduser.id'),
  )
  for (const [name, pattern] of Object.entries(rule.headers ?? {})) on(pattern, ({ headers }) => headers?.get(name))
  for (const [key, pattern] of Object.entries(rule.baggage ?? {})) on(pattern, ({ baggage }) => baggage?.get(key))
  for (const [key, matcher] of Object.entries(rule.attributes ?? {})) {
    const test = valueTest(matcher)
    tests.push(({ attributes }) => test(attributes[key]))
  }
  if (rule.when) tests.push(rule.when)
  return tests
}

const text = ({ attributes }: SamplingInput, key: string): string | undefined => {
  const value = attributes[key]
  return typeof value === 'string' ? value : undefined
}
