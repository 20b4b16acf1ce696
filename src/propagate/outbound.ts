// In: where a call goes. Out: what of our context may go with it.
// Must stay true: baggage leaves only to hosts somebody listed and to bindings; a host pattern never matches a longer or
// shorter host; a redirect to another origin carries neither baggage nor trace state to hosts nobody listed.
import type { PropagationContext } from './propagator.ts'
import { followRedirects } from './redirect.ts'
import { parseUrl } from './url.ts'

/**
 * Targets by pattern: `api.example` is that host on any port, `*.example` every host below it but not itself,
 * `localhost:8787` that host on that port, `https://api.example` that origin, `*` every host; a regular expression is tried on the
 * whole URL. `true` is all, `false` none.
 */
export type Targets = boolean | readonly (string | RegExp)[] | ((url: URL) => boolean)

export interface OutboundPolicy {
  /** Who gets traceparent and tracestate (or their like in other formats). All by default. */
  readonly trace?: Targets
  /** Who gets baggage. No URL by default; service bindings always do. */
  readonly baggage?: Targets
}

/** What may go with one call; what is absent may not. */
export interface Permission {
  readonly trace?: boolean
  /** Only where `trace` is true. */
  readonly traceState?: boolean
  readonly baggage?: boolean
}

/** Where a call goes: a URL, or a binding, which stays within the account. */
export type Target = URL | 'binding'

/** Answers for a target. `from` is the URL that redirected there; absent for a first request. */
export interface OutboundRule {
  (target: Target, from?: URL): Permission
  /** Follows redirects, so that each hop gets what it may. Absent: the host follows, and forwards every header. */
  readonly follow?: typeof followRedirects
}

/** Everything: what a call may be given when its caller says `propagate: true`. */
export const EVERYTHING: Permission = { trace: true, traceState: true, baggage: true }
/** Nothing: `propagate: false`. */
export const NOTHING: Permission = {}

/** The trace without baggage: what a URL gets that nobody listed. */
export const UNLISTED: Permission = { trace: true, traceState: true }

/** Resolves a policy once, for many calls. */
export function outbound(policy: OutboundPolicy = {}): OutboundRule {
  const tracePolicy = policy.trace ?? true
  const traced = matcher(tracePolicy)
  const trusted = matcher(policy.baggage ?? false)
  const rule = (target: Target, from?: URL): Permission => {
    if (target === 'binding') return EVERYTHING
    const trace = traced(target)
    const isTrusted = trusted(target)
    const crossed = from !== undefined && from.origin !== target.origin
    return { trace, traceState: trace && (!crossed || tracePolicy !== true || isTrusted), baggage: isTrusted }
  }
  return Object.assign(rule, { follow: followRedirects })
}

/** The part of a context that may go with a call, to be injected. */
export function permitted(context: PropagationContext, permission: Permission): PropagationContext {
  const { spanContext, baggage, ...rest } = context
  const carried = permission.baggage && { baggage }
  if (!permission.trace || !spanContext) return { ...carried }
  if (permission.traceState) return { ...rest, ...carried, spanContext }
  const { traceState: _, ...identity } = spanContext
  return { ...carried, decision: rest.decision, spanContext: identity }
}

function matcher(targets: Targets): (url: URL) => boolean {
  if (typeof targets === 'boolean') return () => targets
  if (typeof targets === 'function') return targets
  const tests = targets.map(test)
  return (url) => tests.some((one) => one(url))
}

function test(pattern: string | RegExp): (url: URL) => boolean {
  if (typeof pattern !== 'string') {
    // A global or sticky expression remembers where it stopped.
    const stateless = new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, ''))
    return (url) => stateless.test(url.href)
  }
  const wanted = pattern.toLowerCase()
  if (wanted === '*') return () => true
  const origin = wanted.includes('://') && parseUrl(wanted)?.origin
  if (origin) return (url) => url.origin === origin
  if (wanted.startsWith('*.')) return (url) => host(url.hostname).endsWith(wanted.slice(1))
  return (url) => host(url.hostname) === wanted || url.host === wanted
}

/** Without the dot that ends a fully qualified name. */
function host(name: string): string {
  return name.endsWith('.') ? name.slice(0, -1) : name
}
