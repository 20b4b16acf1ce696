// In: a Workflow class. Out: the same class; a run is a span, and each attempt of a step is an invocation of its own,
// which leaves when the attempt has ended.
// Must stay true: `run` is run again from its top after every hibernation, and what is done is skipped: so ids are made
// of the instance, the step and the attempt, and the run's own spans leave once, with the pass that completes it.

import { SpanKind } from '../../flush/model.ts'
import { carrierIn } from '../../propagate/carrier.ts'
import { recordGetter } from '../../propagate/getters.ts'
import { around, forward } from '../forward.ts'
import type { IdGenerator } from '../ids.ts'
import type { Lifetime } from '../invocation-start.ts'
import { follow } from '../outcome.ts'
import type { RecordingSpan } from '../recording-span.ts'
import type { Tracer } from '../tracer.ts'
import { type Context, type EventKind, traceEvent } from './event.ts'
import { type HostClass, withSpan } from './traced-class.ts'

/**
 * Traces a Workflow: `export const Order = workflow(tracer, class extends WorkflowEntrypoint<Env> { … })`. In `run`
 * the span is `spanOf(this)`; in a step it is `spanOf(context)`, of the context that the runtime hands to the step.
 */
export function workflow<Env, C extends HostClass<Env>>(tracer: Tracer<Env>, Class: C, name: string = Class.name): C {
  const traced: C = new Proxy(Class, {
    construct(target, args: [ctx: Context, env: Env], newTarget) {
      const instance = Reflect.construct(target, args, newTarget === traced ? target : newTarget) as object
      return newTarget === traced ? tracedRun(tracer, instance, args, name) : instance
    },
    get: (target, key) => (key === 'prototype' ? target.prototype : around(target, key, traced, (call) => call())),
  })
  return traced
}

interface Event {
  readonly payload: unknown
  readonly timestamp: Date
  readonly instanceId: string
}

function tracedRun<Env>(
  tracer: Tracer<Env>,
  instance: object,
  [ctx, env]: [ctx: Context, env: Env],
  name: string,
): object {
  const runEvent: EventKind<readonly [Event, object]> = {
    type: 'workflow',
    trigger: 'other',
    kind: SpanKind.SERVER,
    describe({ payload, instanceId, timestamp }) {
      const carrier = carrierIn(payload)
      return {
        name: `run ${name}`,
        startTime: timestamp,
        ids: stableIds(instanceId, 'run'),
        ...(carrier && { carrier: recordGetter(carrier) }),
        attributes: { 'cloudflare.entrypoint': name, 'cloudflare.workflow.instance_id': instanceId },
      }
    },
    enter(span, lifetime, event, step) {
      lifetimes.set(span, lifetime)
      return [event, tracedSteps(tracer, step, span, event.instanceId, ctx, env)]
    },
  }
  const lifetimes = new WeakMap<object, Lifetime>()
  return new Proxy(instance, {
    get(target, key) {
      const member: unknown = Reflect.get(target, key, target)
      if (key !== 'run' || typeof member !== 'function') return member
      return (...args: unknown[]) =>
        traceEvent(tracer, runEvent as EventKind, args, env, ctx, undefined, (span, ...given) =>
          withSpan(target, span as unknown as RecordingSpan<unknown>, async () => {
            try {
              return await Reflect.apply(member, target, given)
            } catch (error) {
              if (INTERRUPTED.test(String((error as Error | null)?.message))) lifetimes.get(span)?.discard()
              throw error
            }
          }),
        )
    },
  })
}

/**
 * How the engine tells a pass of `run` that it will begin anew: by the message alone, which the engine itself goes by
 * (measured, and read in its local version).
 */
const INTERRUPTED = /^Aborting engine: (?:User called (?:pause|restart)|Grace period complete)/

/** What the runtime tells a step of itself; older runtimes tell nothing. */
interface StepContext {
  readonly step?: { readonly name: string; readonly count: number }
  readonly attempt?: number
}

function tracedSteps<Env>(
  tracer: Tracer<Env>,
  step: object,
  run: RecordingSpan<unknown>,
  instanceId: string,
  ctx: Context,
  env: Env,
): object {
  /** One attempt. */
  function attempted(name: string, callback: (...args: unknown[]) => unknown): (...args: unknown[]) => unknown {
    let attempts = 0
    return (...args) => {
      const context = (args[0] ?? {}) as StepContext
      const { step: { count = 1 } = {}, attempt = ++attempts } = context
      const event: EventKind = {
        type: 'workflow_step',
        trigger: 'other',
        kind: SpanKind.INTERNAL,
        describe: () => ({
          name: `step ${name}`,
          parent: run.propagation(),
          ids: stableIds(instanceId, `${name}\n${count}\n${attempt}`),
          attributes: {
            'cloudflare.workflow.instance_id': instanceId,
            'cloudflare.workflow.step.name': name,
            'cloudflare.workflow.step.count': count,
            'cloudflare.workflow.step.attempt': attempt,
          },
        }),
      }
      return traceEvent(tracer, event, [], env, ctx, undefined, (span) =>
        withSpan(context, span as unknown as RecordingSpan<unknown>, () => callback(...args)),
      )
    }
  }

  return forward(step, (key, standIn) => {
    if (key === 'do')
      return around(step, key, standIn, (call, [name, ...rest]) =>
        call([name, ...rest.map((each, at) => (isCallback(rest, each, at) ? attempted(String(name), each) : each))]),
      )
    if (key !== 'sleep' && key !== 'sleepUntil' && key !== 'waitForEvent') return undefined
    return around(step, key, standIn, (call, [name]) => {
      const span = run.startSpan(`${key} ${name}`)
      const result = call()
      // A stub's promise is watched, not replaced.
      if (typeof result !== 'function') return follow(result, span)
      const promise = result as unknown as PromiseLike<unknown>
      promise.then(
        () => span.end(),
        (error) => span.failed(error),
      )
      return result
    })
  })
}

/** The first function among the arguments of `do` is the step; options that follow it are the runtime's. */
function isCallback(rest: readonly unknown[], each: unknown, at: number): each is (...args: unknown[]) => unknown {
  return typeof each === 'function' && rest.findIndex((other) => typeof other === 'function') === at
}

/** Ids that are a hash of what they name: the same whenever it runs again. */
function stableIds(instanceId: string, part: string): IdGenerator {
  const text = `${instanceId}\n${part}`
  return {
    traceId: () => hash(instanceId, 1) + hash(instanceId, 2) + hash(instanceId, 3) + hash(instanceId, 4),
    spanId: () => hash(text, 5) + hash(text, 6),
  }
}

/** Eight hex digits, evenly spread: MurmurHash3's steps and finish (public domain), a code unit at a time; never all zero. */
function hash(text: string, seed: number): string {
  let h = seed
  for (let at = 0; at < text.length; at++) {
    h ^= Math.imul(text.charCodeAt(at), 0xcc9e2d51)
    h = Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64
  }
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return ((h ^ (h >>> 16)) >>> 0 || 1).toString(16).padStart(8, '0')
}
