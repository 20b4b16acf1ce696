// In: an event with `Records`: SQS, SNS, Kinesis, DynamoDB streams, S3; or Kafka's. Out: what can be said of it, or nothing.
// Must stay true: a batch has no parent, it has links, one a message; SNS delivers one message, whose sender is the parent.
import type { AttributeValue } from '../../flush/model.ts'
import { carrierIn } from '../../propagate/carrier.ts'
import { MAX_BODY_LENGTH } from '../../propagate/message.ts'
import { type EventDescription, type Json, present, properties, textOf } from './event-description.ts'

type Describe = (records: readonly Json[], source: string) => EventDescription

export function recordsEvent(event: Json): EventDescription | undefined {
  const { Records, records, eventSource } = event
  if (typeof eventSource === 'string' && /kafka/i.test(eventSource)) return kafka(properties(records))
  if (!Array.isArray(Records) || Records.length === 0) return undefined
  const list = Records.map(properties)
  const source = textOf(list[0]?.['eventSource']) ?? textOf(list[0]?.['EventSource']) ?? ''
  return Object.hasOwn(SOURCES, source) ? SOURCES[source]?.(list, source) : undefined
}

const SOURCES: { readonly [source: string]: Describe | undefined } = {
  'aws:sqs': (records) =>
    batch('aws_sqs', records, (record) => nameOf(record['eventSourceARN'], ':'), records.map(unwrapped)),
  'aws:kinesis': (records) =>
    batch(
      'aws_kinesis',
      records,
      (record) => nameOf(record['eventSourceARN'], '/'),
      records.map((record) => properties(jsonIn(fromBase64(properties(record['kinesis'])['data'])))),
    ),
  'aws:sns': ([record]) => {
    const sns = properties(record?.['Sns'])
    const attributes = present({
      'messaging.system': 'aws.sns',
      'messaging.operation.name': 'process',
      'messaging.operation.type': 'process',
      'messaging.destination.name': nameOf(sns['TopicArn'], ':'),
      'messaging.message.id': textOf(sns['MessageId']),
    })
    return { trigger: 'pubsub', attributes, carrier: messageCarrier(record ?? {}) }
  },
  'aws:dynamodb': (records) => {
    const table = /table\/([^/]+)/.exec(String(records[0]?.['eventSourceARN']))?.[1]
    const name = textOf(records[0]?.['eventName'])?.toLowerCase()
    return {
      trigger: 'datasource',
      attributes: present({
        'faas.document.collection': table,
        'faas.document.operation': name && OPERATIONS[name],
        'aws.dynamodb.table_names': table ? [table] : undefined,
      }),
      batch: {
        name: `${table ?? 'stream'} process`,
        attributes: counted('aws_dynamodb_streams', records.length, table),
        messages: records.map(({ dynamodb }) => unmarshalled(properties(properties(dynamodb)['NewImage']))),
      },
    }
  },
  'aws:s3': ([record]) => {
    const { bucket, object } = properties(record?.['s3'])
    const key = textOf(properties(object)['key'])
    const name = String(record?.['eventName'])
    return {
      trigger: 'datasource',
      attributes: present({
        'faas.document.collection': textOf(properties(bucket)['name']),
        'faas.document.operation': /created/i.test(name)
          ? 'insert'
          : /remove|delete|expir/i.test(name)
            ? 'delete'
            : 'edit',
        'faas.document.time': textOf(record?.['eventTime']),
        'faas.document.name': key && decoded(key),
      }),
    }
  },
}

/** DynamoDB's event names as `faas.document.operation`. */
const OPERATIONS: { readonly [name: string]: string | undefined } = {
  insert: 'insert',
  modify: 'edit',
  remove: 'delete',
}

function kafka(topics: Json): EventDescription {
  const records = Object.values(topics).flatMap((list) => (Array.isArray(list) ? list.map(properties) : []))
  const messages = records.map(({ headers }) => {
    const found: Record<string, string> = {}
    // Each header is an object of one name and its bytes.
    for (const header of Array.isArray(headers) ? headers : [])
      for (const [name, bytes] of Object.entries(properties(header)))
        if (Array.isArray(bytes)) found[name] = String.fromCharCode(...(bytes as number[]).slice(0, 4096))
    return found
  })
  return batch('kafka', records, ({ topic }) => textOf(topic), messages)
}

function batch(
  system: string,
  records: readonly Json[],
  destinationOf: (record: Json) => string | undefined,
  messages: readonly unknown[],
): EventDescription {
  const destinations = new Set(records.map(destinationOf))
  const [destination] = destinations.size === 1 ? destinations : []
  return {
    trigger: 'pubsub',
    attributes: {},
    batch: {
      name: `${destination ?? 'multiple_sources'} process`,
      attributes: counted(system, records.length, destination),
      messages,
    },
  }
}

function counted(system: string, count: number, destination: string | undefined): Record<string, AttributeValue> {
  return present({
    'messaging.system': system,
    'messaging.operation.name': 'process',
    'messaging.operation.type': 'process',
    'messaging.batch.message_count': count,
    'messaging.destination.name': destination,
  })
}

/** An SQS record; one that SNS put there, as the SNS record that it wraps, unless the queue's own sender wrote a context. */
function unwrapped(record: Json): unknown {
  const envelope = properties(jsonIn(record['body']))
  const isSns = envelope['Type'] === 'Notification' && typeof envelope['TopicArn'] === 'string'
  if (!isSns) return record
  const { attributes } = record
  return { body: envelope['Message'], messageAttributes: envelope['MessageAttributes'], attributes }
}

/** Looks for a context in every place a message has one, in the order of `messageContext`. */
function messageCarrier(record: Json): NonNullable<EventDescription['carrier']> {
  const sns = properties(record['Sns'])
  const inBody = carrierIn(jsonIn(sns['Message']))
  const attributes = properties(sns['MessageAttributes'])
  const get = (name: string): string | undefined => {
    const wanted = name.toLowerCase()
    for (const [key, value] of Object.entries(attributes))
      if (key.toLowerCase() === wanted) return textOf(properties(value)['Value'])
    return textOf(inBody?.[wanted])
  }
  return { get, keys: () => [...Object.keys(attributes), ...Object.keys(inBody ?? {})] }
}

/** The name at the end of an ARN. */
function nameOf(arn: unknown, separator: string): string | undefined {
  return textOf(
    String(arn ?? '')
      .split(separator)
      .pop(),
  )
}

function jsonIn(text: unknown): unknown {
  if (typeof text !== 'string' || text.length > MAX_BODY_LENGTH || !/^\s*\{/.test(text)) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Base64 that holds an ASCII object; what is none need not be decoded. */
function fromBase64(data: unknown): string | undefined {
  // `{` and what may stand before it.
  if (typeof data !== 'string' || data.length > MAX_BODY_LENGTH || !/^(e|IC|I|Cg|DQ|CQ)/.test(data)) return undefined
  try {
    return new TextDecoder().decode(Uint8Array.from(atob(data), (char) => char.charCodeAt(0)))
  } catch {
    return undefined
  }
}

/** The strings and maps of a DynamoDB image: all that a carrier consists of. */
function unmarshalled(image: Json): Json {
  const plain: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(image)) {
    const { S, M } = properties(value)
    if (typeof S === 'string') plain[name] = S
    else if (M && name.startsWith('$')) plain[name] = unmarshalled(properties(M))
  }
  return plain
}

/** S3 encodes keys as forms do. */
function decoded(key: string): string {
  try {
    return decodeURIComponent(key.replace(/\+/g, ' '))
  } catch {
    return key
  }
}
