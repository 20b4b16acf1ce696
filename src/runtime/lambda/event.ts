// In: any event that Lambda delivers, and its context. Out: what can be said of it, and where it carries a trace.
// Must stay true: pure; an event is recognised by its shape alone, and one that nobody knows is a direct invocation; a
// context is only looked for where the source puts what its sender wrote.
import type { Context } from 'aws-lambda'
import type { AttributeValue } from '../../flush/model.ts'
import { carrierIn } from '../../propagate/carrier.ts'
import { getterOf, type HeaderSource, recordGetter } from '../../propagate/getters.ts'
import type { Getter } from '../../propagate/propagator.ts'
import { type EventDescription, type Json, present, properties, textOf } from './event-description.ts'
import { httpEvent } from './event-http.ts'
import { recordsEvent } from './event-records.ts'

/** Describes the event. X-Ray's header is the one of `context.xRayTraceId`, under its own name in the carrier. */
export function describeEvent(event: unknown, context?: Partial<Context>): EventDescription {
  // AppSync hands a batch of resolutions as a list: they are of one request.
  const given = properties(Array.isArray(event) ? event[0] : event)
  const described = httpEvent(given) ?? recordsEvent(given) ?? serviceEvent(given) ?? directEvent(given, context)
  const xray = xrayOf(context)
  if (!xray) return described
  return { ...described, carrier: withXray(described.carrier ?? NOTHING, xray) }
}

const NOTHING: Getter = { get: () => undefined, keys: () => [] }

/** `context.xRayTraceId`: always there and right, where the environment variable is unset under concurrency. */
function xrayOf(context: Partial<Context> | undefined): string | undefined {
  const { _X_AMZN_TRACE_ID: variable } = (globalThis as { process?: { env: Json } }).process?.env ?? {}
  return textOf((context as { xRayTraceId?: unknown } | undefined)?.xRayTraceId) ?? (context && textOf(variable))
}

function withXray(carrier: Getter, header: string): Getter {
  return {
    get: (name) => (name.toLowerCase() === XRAY ? header : carrier.get(name)),
    keys: () => [...carrier.keys(), XRAY],
  }
}

const XRAY = 'x-amzn-trace-id'

/** Events of one service at a time: EventBridge, AppSync, Cognito, Step Functions. */
function serviceEvent(event: Json): EventDescription | undefined {
  const detailType = textOf(event['detail-type'])
  if (detailType !== undefined) {
    const attributes = present({
      'faas.time': textOf(event['time']),
      'cloudevents.event_id': textOf(event['id']),
      'cloudevents.event_source': textOf(event['source']),
      'cloudevents.event_type': detailType,
    })
    if (event['source'] === 'aws.events' && detailType === 'Scheduled Event') return { trigger: 'timer', attributes }
    return carried('pubsub', attributes, event['detail'])
  }
  const { fieldName, parentTypeName } = properties(event['info'])
  if (typeof fieldName === 'string') {
    const type = String(parentTypeName).toLowerCase()
    const attributes = present({
      'graphql.field.path': `${parentTypeName}.${fieldName}`,
      'graphql.operation.type': /^(query|mutation|subscription)$/.test(type) ? type : undefined,
    })
    const carrier = getterOf(properties(event['request']) as HeaderSource)
    return { trigger: 'http', attributes, carrier }
  }
  const pool = textOf(event['userPoolId'])
  if (pool && typeof event['triggerSource'] === 'string') {
    const attributes = { 'aws.cognito.user_pool.id': pool, 'aws.cognito.trigger_source': event['triggerSource'] }
    return {
      trigger: 'other',
      attributes,
      carrier: recordGetter(properties(properties(event['request'])['clientMetadata'])),
    }
  }
  const machine = textOf(properties(event['StateMachine'])['Id'])
  const execution = textOf(properties(event['Execution'])['Id'])
  if (machine && execution) {
    const attributes = {
      'aws.step_functions.state_machine.arn': machine,
      'aws.step_functions.execution.arn': execution,
    }
    return carried(
      'other',
      attributes,
      event,
      properties(event['Execution'])['Input'],
      event['Input'],
      event['Payload'],
    )
  }
  return undefined
}

/** `lambda.invoke`: the client context of the SDK before the payload, which a state machine passes on as well. */
function directEvent(event: Json, context: Partial<Context> | undefined): EventDescription {
  const client = properties(context?.clientContext)
  const custom = properties(client['custom'] ?? client['Custom'])
  return carried('other', {}, custom, event, event['Payload'])
}

/** With the first of these payloads that carries a trace, by our own `$trace` or by `traceparent` beside the data. */
function carried(
  trigger: EventDescription['trigger'],
  attributes: Record<string, AttributeValue>,
  ...payloads: readonly unknown[]
): EventDescription {
  for (const payload of payloads) {
    const carrier = carrierIn(payload) ?? properties(payload)
    if (Object.keys(carrier).some((name) => TRACE_HEADERS.test(name)))
      return { trigger, attributes, carrier: recordGetter(carrier) }
  }
  return { trigger, attributes }
}

/** One of these makes a payload a carrier: every format that can stand alone. */
const TRACE_HEADERS =
  /^(traceparent|b3|x-b3-traceid|uber-trace-id|x-amzn-trace-id|x-datadog-trace-id|ot-tracer-traceid)$/i
