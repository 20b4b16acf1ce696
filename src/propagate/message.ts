// In: messages as queues hand them over. Out: the contexts they carry, and a Setter for attributes to send.
// Must stay true: a message is read without trust; a batch gives at most 128 links, and each context once.
import { CARRIER, contextIn } from './carrier.ts'
import { recordGetter } from './getters.ts'
import type { Getter, PropagationContext, Propagator, Setter } from './propagator.ts'
import type { SpanContext } from './span-context.ts'
import { readXray } from './xray.ts'

/** Links of one batch: OpenTelemetry's default limit of links on a span. */
export const MAX_LINKS = 128

/** Characters of a JSON body that is looked into: the largest message SQS and SNS take. */
export const MAX_BODY_LENGTH = 1_048_576

/** An attribute of an SQS message to send; what SNS takes is the same but for the name `StringValue`. */
export interface MessageAttribute {
  readonly DataType: 'String'
  readonly StringValue: string
}

/** A Setter for `MessageAttributes` of SQS and SNS. A message has room for ten attributes. */
export function messageAttributeSetter(attributes: Record<string, MessageAttribute>): Setter {
  return {
    set(name, value) {
      attributes[name] = { DataType: 'String', StringValue: value }
    },
  }
}

/** A Getter for message attributes as SQS (`stringValue`, `StringValue`) and SNS (`Value`) deliver them. */
export function messageAttributeGetter(attributes: Readonly<Record<string, unknown>>): Getter {
  const values: Record<string, unknown> = {}
  for (const [name, attribute] of Object.entries(attributes)) {
    const { stringValue, StringValue, Value } = (attribute ?? {}) as Record<string, unknown>
    values[name] = stringValue ?? StringValue ?? Value
  }
  return recordGetter(values)
}

/**
 * The context of one message: a traced payload; a message whose `body` is one, as an object or as JSON; an SQS or SNS
 * record with message attributes; an SQS record with AWS's own `AWSTraceHeader`. The first that has one is taken.
 */
export function messageContext(message: unknown, propagator: Propagator): PropagationContext {
  const { body, messageAttributes, MessageAttributes, Sns, attributes } = properties(message)
  const sns = properties(Sns)
  const own = contextIn(message, propagator)
  if (own.spanContext) return own
  const inBody = contextIn(parsed(body ?? sns['Message']), propagator)
  if (inBody.spanContext) return inBody
  const named = properties(messageAttributes ?? MessageAttributes ?? sns['MessageAttributes'])
  const attribute = propagator.extract(messageAttributeGetter(named), {})
  if (attribute.spanContext) return attribute
  const { AWSTraceHeader } = properties(attributes)
  return typeof AWSTraceHeader === 'string' ? readXray(AWSTraceHeader, {}) : {}
}

/** What the messages of a batch point back to, in their order, for links. Messages without a context give none. */
export function extractLinks(messages: Iterable<unknown>, propagator: Propagator): readonly SpanContext[] {
  const links = new Map<string, SpanContext>()
  for (const message of messages) {
    if (links.size >= MAX_LINKS) break
    const { spanContext } = messageContext(message, propagator)
    if (spanContext) links.set(spanContext.traceId + spanContext.spanId, spanContext)
  }
  return [...links.values()]
}

/** An object as it is; JSON text that may hold a carrier, parsed. */
function parsed(body: unknown): unknown {
  if (typeof body !== 'string') return body
  if (body.length > MAX_BODY_LENGTH || !/^\s*\{/.test(body)) return undefined
  if (!body.includes(CARRIER) && !body.includes('"traceparent"')) return undefined
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}

function properties(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}
