// In: clients of the AWS SDK v3 against a local server. Out: their spans, and what their messages carry.

import { awsClient } from 'clew/aws-sdk'
import { afterEach, describe, expect, it } from 'vitest'
import { injected } from '../../src/runtime/aws-inject.ts'
import { describeEvent } from '../../src/runtime/lambda/event.ts'
import { inClients, NOT_INSTALLED } from '../runtimes/installed.ts'
import { json, Local, type Respond } from './local.ts'

const installed = inClients('@aws-sdk/client-sqs')
const sdk = (name: string): Promise<Record<string, new (options: object) => never>> =>
  import(inClients(`@aws-sdk/client-${name}/dist-cjs/index.js`)!)

let local: Local
const start = async (respond: Respond): Promise<Local> => (local = await Local.start(respond))
const options = () => ({
  endpoint: local.url,
  region: 'eu-central-1',
  credentials: { accessKeyId: 'id', secretAccessKey: 'secret' },
  retryStrategy: undefined,
})

interface AnyClient {
  send(command: object): Promise<Record<string, unknown>>
  readonly middlewareStack: { use(plugin: object): void }
}

describe.skipIf(!installed)(`the AWS SDK${installed ? '' : ` (${NOT_INSTALLED})`}`, () => {
  afterEach(() => local.close())

  it('traces a call, and sends the trace with an SQS message', async () => {
    await start((_, response) => json(response, { MessageId: 'm1' }, 200, { 'x-amzn-requestid': 'r1' }))
    const { SQSClient, SendMessageCommand } = await sdk('sqs')
    const client: AnyClient = new SQSClient!({ ...options(), md5: false })
    const input = {
      QueueUrl: `${local.url}/1/jobs`,
      MessageBody: 'x',
      MessageAttributes: { own: { DataType: 'String', StringValue: '1' } },
    }
    const result = await local.run((span) => awsClient(span, client).send(new SendMessageCommand!(input as never)))
    expect(result['MessageId']).toBe('m1')
    expect(local.tree).toBe('root\n  SQS.SendMessage 200\n    POST 200')
    const call = local.spans.find(({ name }) => name === 'SQS.SendMessage')!
    expect(call.attributes).toMatchObject({
      'rpc.system': 'aws-api',
      'rpc.service': 'SQS',
      'rpc.method': 'SendMessage',
      'aws.request_id': 'r1',
      'cloud.region': 'eu-central-1',
      'aws.sqs.queue.url': input.QueueUrl,
    })
    const sent = JSON.parse(local.calls[0]!.body)
    expect(sent.MessageAttributes.own.StringValue).toBe('1')
    expect(sent.MessageAttributes.traceparent.StringValue).toBe(`00-${call.traceId}-${call.spanId}-03`)
    // The caller's input is the caller's.
    expect(Object.keys(input.MessageAttributes)).toEqual(['own'])
  })

  it('sends the trace with an invocation of another function', async () => {
    await start((_, response) => json(response, {}))
    const { LambdaClient, InvokeCommand } = await sdk('lambda')
    const client: AnyClient = new LambdaClient!(options())
    await local.run((span) =>
      awsClient(span, client).send(new InvokeCommand!({ FunctionName: 'bill', Payload: '{}' } as never)),
    )
    const call = local.spans.find(({ name }) => name === 'Lambda.Invoke')!
    expect(call.attributes).toMatchObject({
      'faas.invoked_name': 'bill',
      'faas.invoked_provider': 'aws',
      'faas.invoked_region': 'eu-central-1',
    })
    const context = JSON.parse(atob(String(local.calls[0]!.headers['x-amz-client-context'])))
    expect(context.custom.traceparent).toContain(call.spanId)
    expect(local.calls[0]!.body).toBe('{}')
  })

  it('sends the trace in the payload of an invocation that nobody waits for', async () => {
    await start((_, response) => json(response, {}, 202))
    const { LambdaClient, InvokeCommand } = await sdk('lambda')
    const client: AnyClient = new LambdaClient!(options())
    const input = { FunctionName: 'bill', InvocationType: 'Event', Payload: new TextEncoder().encode('{"id":1}') }
    await local.run((span) => awsClient(span, client).send(new InvokeCommand!(input as never)))
    const call = local.spans.find(({ name }) => name === 'Lambda.Invoke')!
    const [sent] = local.calls
    expect(sent!.headers['x-amz-client-context']).toBeUndefined()
    const payload = JSON.parse(sent!.body)
    expect(payload).toMatchObject({ id: 1, $trace: { traceparent: expect.stringContaining(call.spanId) } })
    // The function that is invoked goes on with it.
    expect(describeEvent(payload).carrier?.get('traceparent')).toBe(payload.$trace.traceparent)
  })

  it('sends the trace with events and notifications', async () => {
    await start(({ headers }, response) => {
      if (String(headers['x-amz-target']).includes('PutEvents')) json(response, { Entries: [], FailedEntryCount: 0 })
      else
        response
          .writeHead(200, { 'content-type': 'text/xml' })
          .end('<PublishResponse><PublishResult><MessageId>m</MessageId></PublishResult></PublishResponse>')
    })
    const { EventBridgeClient, PutEventsCommand } = await sdk('eventbridge')
    const { SNSClient, PublishCommand } = await sdk('sns')
    const events: AnyClient = new EventBridgeClient!(options())
    const topics: AnyClient = new SNSClient!(options())
    await local.run(async (span) => {
      const Entries = [{ Source: 'shop', DetailType: 'placed', Detail: '{"id":1}' }]
      await awsClient(span, events).send(new PutEventsCommand!({ Entries } as never))
      await awsClient(span, topics).send(
        new PublishCommand!({ TopicArn: 'arn:aws:sns:eu-central-1:1:t', Message: 'x' } as never),
      )
    })
    const [put, publish] = local.calls.map(({ body }) => body)
    const spanOf = (name: string): string => local.spans.find((span) => span.name === name)!.spanId
    expect(JSON.parse(JSON.parse(put!).Entries[0].Detail)).toMatchObject({
      id: 1,
      $trace: { traceparent: expect.stringContaining(spanOf('EventBridge.PutEvents')) },
    })
    expect(decodeURIComponent(publish!)).toContain(spanOf('SNS.Publish'))
  })

  it('shows every try of a call as a span of its own', async () => {
    await start((_, response, count) => json(response, {}, count < 3 ? 503 : 200, { 'x-amz-id-2': 'e1' }))
    const { S3Client, PutObjectCommand } = await sdk('s3')
    const client: AnyClient = new S3Client!({ ...options(), forcePathStyle: true, maxAttempts: 3 })
    await local.run((span) =>
      awsClient(span, client).send(new PutObjectCommand!({ Bucket: 'b', Key: 'k', Body: 'x' } as never)),
    )
    expect(local.tree).toBe('root\n  S3.PutObject 200\n    PUT 503 !\n    PUT 503 !\n    PUT 200')
    const call = local.spans.find(({ name }) => name === 'S3.PutObject')!
    expect(call.attributes).toMatchObject({
      'aws.s3.bucket': 'b',
      'aws.s3.key': 'k',
      'aws.extended_request_id': 'e1',
      'http.request.resend_count': 2,
    })
  })

  it('hands on the error of the SDK, the same object', async () => {
    await start((_, response) => json(response, { __type: 'QueueDoesNotExist', message: 'no' }, 400))
    const { SQSClient, ReceiveMessageCommand } = await sdk('sqs')
    const client: AnyClient = new SQSClient!(options())
    let error: unknown
    await local
      .run((span) =>
        awsClient(span, client).send(new ReceiveMessageCommand!({ QueueUrl: `${local.url}/1/jobs` } as never)),
      )
      .catch((caught) => (error = caught))
    expect((error as Error).name).toBe('QueueDoesNotExist')
    expect(local.tree).toBe('root !\n  SQS.ReceiveMessage 400 !\n    POST 400 !')
  })
})

describe('injected', () => {
  const carrier = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' }
  const attribute = { DataType: 'String', StringValue: 'x' }
  const attributes = (count: number): object =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`a${i}`, attribute]))

  it.each([
    ['nine attributes leave room for one', 'SQS', 'SendMessage', { MessageAttributes: attributes(9) }, true],
    ['ten do not', 'SQS', 'SendMessage', { MessageAttributes: attributes(10) }, false],
    ['a context of the user stays', 'SQS', 'SendMessage', { MessageAttributes: { TraceParent: attribute } }, false],
    ['each of a batch', 'SNS', 'PublishBatch', { PublishBatchRequestEntries: [{ Message: 'x' }] }, true],
    ['a detail that is no object', 'EventBridge', 'PutEvents', { Entries: [{ Detail: '[1]' }] }, false],
    ['a detail that has a context', 'EventBridge', 'PutEvents', { Entries: [{ Detail: '{"$trace":{}}' }] }, false],
    ['the input of a state machine', 'SFN', 'StartExecution', { input: '{}' }, true],
    [
      'a client context that is full',
      'Lambda',
      'Invoke',
      { ClientContext: btoa(JSON.stringify({ custom: { a: 'x'.repeat(2600) } })) },
      false,
    ],
    [
      'a client context of the user',
      'Lambda',
      'Invoke',
      { ClientContext: btoa('{"client":{},"custom":{"a":"1"}}') },
      true,
    ],
    ['an invocation with a stream for an answer', 'Lambda', 'InvokeWithResponseStream', { Payload: '{}' }, true],
    ['an event that is no object', 'Lambda', 'Invoke', { InvocationType: 'Event', Payload: '[1]' }, false],
    ['an event without a payload', 'Lambda', 'Invoke', { InvocationType: 'Event' }, false],
    ['calls that send nothing', 'S3', 'GetObject', { Bucket: 'b' }, false],
  ])('%s', (_, service, method, input, isInjected) => {
    const before = structuredClone(input)
    const text = JSON.stringify(injected(service, method, input, carrier)).replace(
      /"ClientContext":"([^"]+)"/,
      (_, base64) => atob(base64),
    )
    expect(text.includes(carrier.traceparent)).toBe(isInjected)
    expect(input).toEqual(before)
  })
})
