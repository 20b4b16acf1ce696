import { expect, test } from 'vitest'
import { samplerFromEnv } from '../../src/sampling/env-sampler.ts'

const defaults =
  'remoteParentSampled=AlwaysOnSampler, remoteParentNotSampled=AlwaysOffSampler, localParentSampled=AlwaysOnSampler, localParentNotSampled=AlwaysOffSampler}'

test.each([
  [undefined, undefined, `ParentBased{root=AlwaysOnSampler, ${defaults}`],
  ['', '0.5', `ParentBased{root=AlwaysOnSampler, ${defaults}`],
  ['  ', undefined, `ParentBased{root=AlwaysOnSampler, ${defaults}`],
  ['always_on', undefined, 'AlwaysOnSampler'],
  ['ALWAYS_OFF', undefined, 'AlwaysOffSampler'],
  ['traceidratio', '0.25', 'ProbabilitySampler{0.25}'],
  ['traceidratio', undefined, 'ProbabilitySampler{1}'],
  ['traceidratio', ' ', 'ProbabilitySampler{1}'],
  ['traceidratio', '0', 'ProbabilitySampler{0}'],
  ['parentbased_always_on', undefined, `ParentBased{root=AlwaysOnSampler, ${defaults}`],
  ['parentbased_always_off', undefined, `ParentBased{root=AlwaysOffSampler, ${defaults}`],
  ['parentbased_traceidratio', '1e-3', `ParentBased{root=ProbabilitySampler{0.001}, ${defaults}`],
])('%s with %s is %s', (name, arg, description) => {
  const { sampler, problem } = samplerFromEnv(name, arg)
  expect(sampler.description).toBe(description)
  expect(problem).toBeUndefined()
})

test.each(['1.5', '-0.1', 'half', 'NaN', '10%'])('counts the ratio %s as unset and says so', (arg) => {
  const { sampler, problem } = samplerFromEnv('traceidratio', arg)
  expect(sampler.description).toBe('ProbabilitySampler{1}')
  expect(problem).toBe(`OTEL_TRACES_SAMPLER_ARG must be a number from 0 to 1, but is "${arg}"; 1 is used`)
})

test.each(['jaeger_remote', 'parentbased_jaeger_remote', 'xray', 'parentbased_', 'sometimes'])(
  'ignores the unknown sampler %s and says so',
  (name) => {
    const { sampler, problem } = samplerFromEnv(name, undefined)
    expect(sampler.description).toBe(`ParentBased{root=AlwaysOnSampler, ${defaults}`)
    expect(problem).toContain(`OTEL_TRACES_SAMPLER "${name}" is not known here`)
  },
)
