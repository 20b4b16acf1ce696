// In: events in the shapes that AWS documents. Out: what is said of each, and whose trace it carries, as a table.
import { describe, expect, it } from 'vitest'
import { composite } from '../../src/propagate/composite.ts'
import { extractLinks } from '../../src/propagate/message.ts'
import { traceContext } from '../../src/propagate/w3c.ts'
import { xray } from '../../src/propagate/xray.ts'
import { describeEvent } from '../../src/runtime/lambda/event.ts'

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const OTHER = '4bf92f3577b34da6a3ce929d0e0e4736'
const traceparent = `00-${TRACE}-b7ad6b7169203331-01`
const XRAY = 'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1'
const XRAY_TRACE = '5759e988bd862e3fe1be46a994272793'

interface Row {
  readonly event: unknown
  readonly trigger: string
  readonly name?: string
  /** Part of the attributes. */
  readonly attributes?: object
  /** Trace id of the parent. */
  readonly parent?: string
  readonly batch?: string
  readonly batchAttributes?: object
  /** Trace ids of the links. */
  readonly links?: readonly string[]
  readonly context?: object
}

const REST = {
  resource: '/orders/{id}',
  path: '/orders/1',
  httpMethod: 'POST',
  headers: { Host: 'api.example', 'User-Agent': 'curl/8', 'X-Forwarded-Proto': 'https', 'X-Forwarded-Port': '443' },
  multiValueHeaders: {
    Host: ['api.example'],
    'User-Agent': ['curl/8'],
    'X-Forwarded-Proto': ['https'],
    TraceParent: [traceparent],
  },
  queryStringParameters: { q: 'b' },
  multiValueQueryStringParameters: { q: ['a b', 'b'], sig: ['secret'] },
  requestContext: {
    stage: 'prod',
    path: '/prod/orders/1',
    protocol: 'HTTP/1.1',
    domainName: 'api.example',
    identity: { sourceIp: '192.0.2.1' },
  },
}

const V2 = {
  version: '2.0',
  routeKey: 'GET /orders/{id}',
  rawPath: '/orders/1',
  rawQueryString: 'a=1&Signature=x',
  headers: { traceparent, 'user-agent': 'curl/8', 'x-forwarded-proto': 'https' },
  requestContext: {
    domainName: 'api.example',
    http: { method: 'GET', path: '/orders/1', protocol: 'HTTP/2', sourceIp: '192.0.2.1' },
  },
}

const ALB = {
  requestContext: { elb: { targetGroupArn: 'arn:aws:elasticloadbalancing:…' } },
  httpMethod: 'GET',
  path: '/health',
  queryStringParameters: { q: 'a%20b' },
}

const message = (id: string, more: object = {}): object => ({
  messageId: id,
  body: 'text',
  attributes: {},
  messageAttributes: {},
  eventSource: 'aws:sqs',
  eventSourceARN: 'arn:aws:sqs:eu-central-1:123456789012:jobs',
  ...more,
})
const attributesOf = (trace: string): object => ({
  traceparent: { dataType: 'String', stringValue: `00-${trace}-b7ad6b7169203331-01` },
})
const snsAttributes = { traceparent: { Type: 'String', Value: traceparent } }
const kinesis = (data: string): object => ({
  eventSource: 'aws:kinesis',
  eventSourceARN: 'arn:aws:kinesis:eu-central-1:123456789012:stream/clicks',
  kinesis: { data: btoa(data) },
})

const rows: Record<string, Row> = {
  'API Gateway, REST': {
    event: REST,
    trigger: 'http',
    name: 'POST /orders/{id}',
    attributes: {
      'http.request.method': 'POST',
      'http.route': '/orders/{id}',
      'url.path': '/prod/orders/1',
      'url.query': 'q=a%20b&q=b&sig=REDACTED',
      'url.scheme': 'https',
      'server.address': 'api.example',
      'server.port': 443,
      'client.address': '192.0.2.1',
      'user_agent.original': 'curl/8',
      'network.protocol.version': '1.1',
    },
    parent: TRACE,
  },
  'API Gateway, REST, a route that catches all': {
    event: { ...REST, resource: '/{proxy+}' },
    trigger: 'http',
    name: 'POST',
    parent: TRACE,
  },
  'API Gateway, HTTP': {
    event: V2,
    trigger: 'http',
    name: 'GET /orders/{id}',
    attributes: {
      'http.route': '/orders/{id}',
      'url.path': '/orders/1',
      'url.query': 'a=1&Signature=REDACTED',
      'network.protocol.version': '2',
      'client.address': '192.0.2.1',
    },
    parent: TRACE,
  },
  'a function URL': { event: { ...V2, routeKey: '$default' }, trigger: 'http', name: 'GET', parent: TRACE },
  'a WebSocket API': {
    event: {
      requestContext: { connectionId: 'x=', routeKey: '$connect', eventType: 'CONNECT' },
      headers: { traceparent },
    },
    trigger: 'http',
    attributes: { 'http.route': '$connect' },
    parent: TRACE,
  },
  'a load balancer, single headers': {
    event: { ...ALB, headers: { traceparent, host: 'lb.example:8080', 'x-forwarded-for': '192.0.2.1, 10.0.0.1' } },
    trigger: 'http',
    name: 'GET',
    attributes: { 'url.query': 'q=a%20b', 'server.address': 'lb.example', 'client.address': '192.0.2.1' },
    parent: TRACE,
  },
  'a load balancer, multi-value headers': {
    event: {
      ...ALB,
      multiValueHeaders: { traceparent: [traceparent], host: ['lb.example'], 'x-forwarded-proto': ['http'] },
    },
    trigger: 'http',
    name: 'GET',
    attributes: { 'url.scheme': 'http', 'server.port': 80 },
    parent: TRACE,
  },
  'an unknown method': {
    event: { ...V2, requestContext: { http: { method: 'PROPFIND' } } },
    trigger: 'http',
    name: 'HTTP /orders/{id}',
    attributes: { 'http.request.method': '_OTHER', 'http.request.method_original': 'PROPFIND' },
    parent: TRACE,
  },
  'CloudFront (Lambda@Edge)': {
    event: {
      Records: [
        {
          cf: {
            config: { eventType: 'viewer-request' },
            request: {
              clientIp: '192.0.2.1',
              method: 'GET',
              uri: '/index.html',
              querystring: 'a=1',
              headers: {
                host: [{ key: 'Host', value: 'cdn.example' }],
                traceparent: [{ key: 'traceparent', value: traceparent }],
              },
            },
          },
        },
      ],
    },
    trigger: 'http',
    name: 'GET',
    attributes: {
      'url.path': '/index.html',
      'url.query': 'a=1',
      'server.address': 'cdn.example',
      'client.address': '192.0.2.1',
    },
    parent: TRACE,
  },
  'SQS, one message with attributes': {
    event: { Records: [message('1', { messageAttributes: attributesOf(TRACE) })] },
    trigger: 'pubsub',
    batch: 'jobs process',
    batchAttributes: {
      'messaging.system': 'aws_sqs',
      'messaging.operation.type': 'process',
      'messaging.operation.name': 'process',
      'messaging.destination.name': 'jobs',
      'messaging.batch.message_count': 1,
    },
    links: [TRACE],
  },
  'SQS, a batch of three senders': {
    event: {
      Records: [
        message('1', { messageAttributes: attributesOf(TRACE) }),
        message('2', { attributes: { AWSTraceHeader: XRAY } }),
        message('3'),
        message('4', { body: JSON.stringify({ id: 1, $trace: { traceparent: traceparent.replace(TRACE, OTHER) } }) }),
      ],
    },
    trigger: 'pubsub',
    batch: 'jobs process',
    links: [TRACE, XRAY_TRACE, OTHER],
  },
  'SQS, two queues': {
    event: { Records: [message('1'), message('2', { eventSourceARN: 'arn:aws:sqs:eu-central-1:1:mail' })] },
    trigger: 'pubsub',
    batch: 'multiple_sources process',
    links: [],
  },
  'SNS in SQS': {
    event: {
      Records: [
        message('1', {
          body: JSON.stringify({
            Type: 'Notification',
            TopicArn: 'arn:aws:sns:eu-central-1:1:orders',
            Message: 'text',
            MessageAttributes: snsAttributes,
          }),
        }),
      ],
    },
    trigger: 'pubsub',
    batch: 'jobs process',
    links: [TRACE],
  },
  SNS: {
    event: {
      Records: [
        {
          EventSource: 'aws:sns',
          Sns: {
            TopicArn: 'arn:aws:sns:eu-central-1:1:orders',
            MessageId: 'm1',
            Message: 'x',
            MessageAttributes: snsAttributes,
          },
        },
      ],
    },
    trigger: 'pubsub',
    attributes: { 'messaging.system': 'aws.sns', 'messaging.destination.name': 'orders', 'messaging.message.id': 'm1' },
    parent: TRACE,
  },
  'SNS, a traced payload': {
    event: {
      Records: [
        {
          EventSource: 'aws:sns',
          Sns: { Message: JSON.stringify({ $trace: { traceparent } }), MessageAttributes: {} },
        },
      ],
    },
    trigger: 'pubsub',
    parent: TRACE,
  },
  EventBridge: {
    event: {
      id: 'e1',
      'detail-type': 'Order placed',
      source: 'shop',
      time: '2026-11-20T00:00:00Z',
      detail: { $trace: { traceparent } },
    },
    trigger: 'pubsub',
    attributes: {
      'cloudevents.event_id': 'e1',
      'cloudevents.event_source': 'shop',
      'cloudevents.event_type': 'Order placed',
      'faas.time': '2026-11-20T00:00:00Z',
    },
    parent: TRACE,
  },
  'EventBridge, a schedule': {
    event: { 'detail-type': 'Scheduled Event', source: 'aws.events', time: '2026-11-20T00:00:00Z', detail: {} },
    trigger: 'timer',
    attributes: { 'faas.time': '2026-11-20T00:00:00Z' },
  },
  Kinesis: {
    event: {
      Records: [kinesis(JSON.stringify({ $trace: { traceparent } })), kinesis('not json'), kinesis('{ broken')],
    },
    trigger: 'pubsub',
    batch: 'clicks process',
    batchAttributes: { 'messaging.system': 'aws_kinesis', 'messaging.batch.message_count': 3 },
    links: [TRACE],
  },
  'a DynamoDB stream': {
    event: {
      Records: [
        {
          eventSource: 'aws:dynamodb',
          eventName: 'MODIFY',
          eventSourceARN: 'arn:aws:dynamodb:eu-central-1:1:table/orders/stream/2026',
          dynamodb: { NewImage: { id: { S: '1' }, $trace: { M: { traceparent: { S: traceparent } } } } },
        },
      ],
    },
    trigger: 'datasource',
    attributes: {
      'faas.document.collection': 'orders',
      'faas.document.operation': 'edit',
      'aws.dynamodb.table_names': ['orders'],
    },
    batch: 'orders process',
    links: [TRACE],
  },
  S3: {
    event: {
      Records: [
        {
          eventSource: 'aws:s3',
          eventName: 'ObjectCreated:Put',
          eventTime: '2026-11-20T00:00:00Z',
          s3: { bucket: { name: 'uploads' }, object: { key: 'a+b/%C3%A9.txt' } },
        },
      ],
    },
    trigger: 'datasource',
    attributes: {
      'faas.document.collection': 'uploads',
      'faas.document.operation': 'insert',
      'faas.document.time': '2026-11-20T00:00:00Z',
      'faas.document.name': 'a b/é.txt',
    },
  },
  Kafka: {
    event: {
      eventSource: 'aws:kafka',
      records: {
        'clicks-0': [
          { topic: 'clicks', headers: [{ traceparent: [...traceparent].map((char) => char.charCodeAt(0)) }] },
        ],
      },
    },
    trigger: 'pubsub',
    batch: 'clicks process',
    batchAttributes: { 'messaging.system': 'kafka' },
    links: [TRACE],
  },
  'Step Functions, the context object': {
    event: {
      Execution: { Id: 'arn:aws:states:eu-central-1:1:execution:pay:1', Input: { $trace: { traceparent } } },
      StateMachine: { Id: 'arn:aws:states:eu-central-1:1:stateMachine:pay' },
    },
    trigger: 'other',
    attributes: { 'aws.step_functions.state_machine.arn': 'arn:aws:states:eu-central-1:1:stateMachine:pay' },
    parent: TRACE,
  },
  'Step Functions, a traced payload': { event: { order: 1, $trace: { traceparent } }, trigger: 'other', parent: TRACE },
  AppSync: {
    event: {
      info: { fieldName: 'order', parentTypeName: 'Query' },
      request: { headers: { traceparent } },
      arguments: {},
    },
    trigger: 'http',
    attributes: { 'graphql.operation.type': 'query', 'graphql.field.path': 'Query.order' },
    parent: TRACE,
  },
  'AppSync, a batch': {
    event: [{ info: { fieldName: 'owner', parentTypeName: 'Order' }, request: { headers: { traceparent } } }],
    trigger: 'http',
    attributes: { 'graphql.field.path': 'Order.owner' },
    parent: TRACE,
  },
  Cognito: {
    event: { triggerSource: 'PreSignUp_SignUp', userPoolId: 'eu_1', request: { clientMetadata: { traceparent } } },
    trigger: 'other',
    attributes: { 'aws.cognito.user_pool.id': 'eu_1', 'aws.cognito.trigger_source': 'PreSignUp_SignUp' },
    parent: TRACE,
  },
  'a direct invocation': { event: { traceparent }, trigger: 'other', parent: TRACE },
  'a direct invocation with a client context': {
    event: {},
    context: { clientContext: { custom: { traceparent } } },
    trigger: 'other',
    parent: TRACE,
  },
  'a client context as the types spell it': {
    event: {},
    context: { clientContext: { Custom: { traceparent } } },
    trigger: 'other',
    parent: TRACE,
  },
  'no carrier at all': { event: { name: 'World' }, trigger: 'other' },
  text: { event: 'text', trigger: 'other' },
  null: { event: null, trigger: 'other' },
  'an empty list': { event: [], trigger: 'other' },
  'records of a stranger': { event: { Records: [{ eventSource: 'toString' }, null, 1] }, trigger: 'other' },
  'headers that are none': { event: { ...V2, headers: 'x' }, trigger: 'http', name: 'GET /orders/{id}' },
}

describe('describeEvent', () => {
  it.each(Object.entries(rows))('reads %s', (_, row) => {
    const { trigger, name, attributes, carrier, batch } = describeEvent(row.event, row.context)
    expect(trigger).toBe(row.trigger)
    expect(name).toBe(row.name)
    expect(attributes).toMatchObject(row.attributes ?? {})
    const parent = carrier && traceContext().extract(carrier, {}).spanContext
    expect(parent?.traceId).toBe(row.parent)
    expect(batch?.name).toBe(row.batch)
    expect(batch?.attributes ?? {}).toMatchObject(row.batchAttributes ?? {})
    if (row.links)
      expect(extractLinks(batch!.messages, traceContext()).map(({ traceId }) => traceId)).toEqual(row.links)
  })

  it('survives whatever stands in the place of any part of an event', () => {
    const junk = [null, 0, 'x', [], {}, [null], { get: 1 }]
    for (const { event } of Object.values(rows))
      for (const broken of replaced(event, junk)) {
        const { carrier, batch } = describeEvent(broken, {})
        if (carrier) traceContext().extract(carrier, {})
        if (batch) extractLinks(batch.messages, traceContext())
      }
  })

  it('shows X-Ray only to those who read it', () => {
    const { carrier } = describeEvent({}, { xRayTraceId: XRAY } as never)
    expect(traceContext().extract(carrier!, {})).toEqual({})
    expect(xray().extract(carrier!, {}).spanContext?.traceId).toBe(XRAY_TRACE)
  })

  it('lets W3C beat X-Ray where both are there and both are read', () => {
    const { carrier } = describeEvent(V2, { xRayTraceId: XRAY } as never)
    expect(composite([xray(), traceContext()]).extract(carrier!, {}).spanContext?.traceId).toBe(TRACE)
  })

  it('believes the context before the environment variable, and that before the request', () => {
    const header = XRAY.replace('5759e988', '11111111')
    process.env['_X_AMZN_TRACE_ID'] = header
    try {
      const seen = (context: object): string | undefined =>
        xray().extract(describeEvent({ ...V2, headers: { 'x-amzn-trace-id': 'Root=1' } }, context).carrier!, {})
          .spanContext?.traceId
      expect(seen({ xRayTraceId: XRAY })).toBe(XRAY_TRACE)
      expect(seen({})).toBe(`11111111${XRAY_TRACE.slice(8)}`)
    } finally {
      delete process.env['_X_AMZN_TRACE_ID']
    }
  })

  it('links to 128 messages and no more', () => {
    const Records = Array.from({ length: 129 }, (_, i) =>
      message(String(i), { messageAttributes: attributesOf((i + 1).toString(16).padStart(32, '0')) }),
    )
    expect(extractLinks(describeEvent({ Records }).batch!.messages, traceContext())).toHaveLength(128)
  })
})

/** The value with each of its parts, one after the other, replaced by each piece of junk. */
function* replaced(value: unknown, junk: readonly unknown[]): Generator<unknown> {
  yield* junk
  if (typeof value !== 'object' || value === null) return
  for (const [key, part] of Object.entries(value))
    for (const other of replaced(part, junk))
      yield Array.isArray(value) ? value.with(Number(key), other) : { ...value, [key]: other }
}
