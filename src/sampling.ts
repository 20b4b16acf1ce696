// The front door of `clew/sampling`: what decides before (samplers), what decides after (policies), what it may cost.

export { type AdaptiveOptions, adaptive } from './sampling/adaptive.ts'
export { alwaysOff, alwaysOn } from './sampling/always.ts'
export { alwaysRecord } from './sampling/always-record.ts'
export { type CapOptions, cap } from './sampling/cap.ts'
export { type CollapseOptions, collapse } from './sampling/collapse.ts'
export { allOf, anyOf, drop, not } from './sampling/combine.ts'
export {
  annotating,
  type ComposableSampler,
  composableAlwaysOff,
  composableAlwaysOn,
  composableProbability,
  compositeSampler,
  parentThreshold,
  ruleBased,
  type SamplingIntent,
} from './sampling/composable.ts'
export {
  anySpan,
  attribute,
  baggage,
  type ErrorsOptions,
  errors,
  keepAll,
  type SlowerThanOptions,
  type SpanChoice,
  slowerThan,
  spanCount,
  statusCodes,
  traceState,
} from './sampling/conditions.ts'
export { type EnvSampler, samplerFromEnv } from './sampling/env-sampler.ts'
export { byRoute, byRouteAndStatus, type TraceKey } from './sampling/key.ts'
export {
  type Allocation,
  bytesPerSecond,
  type CompositeOptions,
  composite,
  type LimitOptions,
  spansPerSecond,
  tracesPerSecond,
} from './sampling/limits.ts'
export type { NumberRange, ValueMatcher } from './sampling/match.ts'
export { type ParentBasedOptions, parentBased } from './sampling/parent-based.ts'
export type { PolicyLike, TailPolicy } from './sampling/policy.ts'
export { type RateLimitedOptions, rateLimited } from './sampling/rate-limited.ts'
export { traceIdRatio } from './sampling/ratio.ts'
export { reservoir } from './sampling/reservoir.ts'
export { type Pattern, type Rule, type RulesOptions, rules } from './sampling/rules.ts'
export type { Sampler, SamplingDecision, SamplingInput, SamplingResult } from './sampling/sampler.ts'
export { headSampled, parentSampled, ratio } from './sampling/share.ts'
export { type SlowestOptions, slowest } from './sampling/slowest.ts'
export { spanBytes } from './sampling/span-size.ts'
export type { LocalTrace, TailSampler, TailVerdict } from './sampling/tail-sampler.ts'
export {
  ALWAYS,
  adjustedCountOf,
  NEVER,
  probabilityOf,
  type Threshold,
  thresholdOf,
} from './sampling/threshold.ts'
export type { BudgetedTrace, TraceBudget } from './sampling/trace-budget.ts'
