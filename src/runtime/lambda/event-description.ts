// In: a JSON object from anywhere. Out: what of it can be read safely, and the shape of what is said of an event.
// Must stay true: pure; what is absent or of another type is absent.
import type { AttributeValue } from '../../flush/model.ts'
import type { Getter } from '../../propagate/propagator.ts'

/** What one event says of itself. */
export interface EventDescription {
  /** `faas.trigger` (semantic conventions, FaaS spans). */
  readonly trigger: 'http' | 'pubsub' | 'datasource' | 'timer' | 'other'
  /** Name of the root span, where it is not the function's. */
  readonly name?: string
  readonly attributes: Record<string, AttributeValue>
  /** Where a parent may be found. */
  readonly carrier?: Getter
  /** A batch: its CONSUMER span, and the messages that it links to (semantic conventions, AWS Lambda, "SQS Event"). */
  readonly batch?: BatchDescription
}

export interface BatchDescription {
  readonly name: string
  readonly attributes: Record<string, AttributeValue>
  /** For `extractLinks`. */
  readonly messages: readonly unknown[]
}

/** Any JSON object. */
export type Json = Readonly<Record<string, unknown>>

/** The values of an object from anywhere: an empty one for what is none. */
export function properties(value: unknown): Json {
  return typeof value === 'object' && value !== null ? (value as Json) : {}
}

/** The text of a field, where it has one. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** Leaves out what is absent. */
export function present(attributes: Readonly<Record<string, AttributeValue>>): Record<string, AttributeValue> {
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined))
}
