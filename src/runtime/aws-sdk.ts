// In: a client of the AWS SDK v3, which takes no fetch, and a span. Out: CLIENT spans of its calls, one a try under one a
// call, and messages that carry the trace.
// Must stay true: the caller's input is never changed; a context that somebody put into a message stays; results, errors and
// retries are the SDK's own.
import { type Attributes, SpanKind } from '../flush/model.ts'
import { injected } from './aws-inject.ts'
import { forward } from './forward.ts'
import { methodAttributes, methodName, urlAttributes } from './http.ts'
import type { Span } from './span.ts'

/** A plugin for `middlewareStack.use`. */
export interface AwsMiddleware {
  applyToStack(stack: MiddlewareStack): void
}

/** What is used of the SDK's stacks (`@smithy/types`). */
interface MiddlewareStack {
  add(middleware: (next: Next, context: HandlerContext) => Next, options: object): void
}

interface HandlerContext {
  readonly clientName?: string
  readonly commandName?: string
  /** How the request was signed, once it was. */
  readonly __smithy_context?: {
    readonly selectedHttpAuthScheme?: {
      readonly httpAuthOption?: { readonly signingProperties?: { readonly region?: string } }
    }
  }
}

interface Arguments {
  readonly input: Readonly<Record<string, unknown>>
  readonly request?: unknown
}

interface Answer {
  readonly output?: { readonly $metadata?: Metadata }
  readonly response?: { readonly statusCode?: number }
}

interface Metadata {
  readonly requestId?: string
  readonly extendedRequestId?: string
  readonly httpStatusCode?: number
  readonly attempts?: number
}

type Next = (args: Arguments) => Promise<Answer>

interface Client {
  send(command: never, ...rest: never[]): unknown
}

/**
 * A client whose calls are traced under `span`, for clients that outlive it: `await awsClient(span, s3).send(command)`.
 * Paginators and waiters take it in the client's place.
 */
export function awsClient<C extends Client>(span: Span, client: C): C {
  return forward(client, (key) => {
    if (key !== 'send') return undefined
    return (command: { middlewareStack?: { use(plugin: unknown): void } }, ...rest: never[]) => {
      command.middlewareStack?.use(awsMiddleware(span))
      return client.send(command as never, ...rest)
    }
  })
}

/**
 * The same for one command or for a client of one's own: `client.middlewareStack.use(awsMiddleware(span))`. Whoever adds
 * it later replaces it.
 */
export function awsMiddleware(parent: Span): AwsMiddleware {
  return {
    applyToStack(stack) {
      // The span of the call, for its tries: a stack is resolved anew for each call.
      const calls = new WeakMap<object, Span>()
      stack.add((next, context) => (args) => traceCall(parent, next, context, args, calls), {
        step: 'initialize',
        name: 'clewCall',
        override: true,
      })
      stack.add((next, context) => (args) => traceTry(calls.get(context) ?? parent, next, args), {
        step: 'deserialize',
        priority: 'low',
        name: 'clewTry',
        override: true,
      })
    },
  }
}

/** One call, whatever it takes: `S3.PutObject` (semantic conventions, AWS SDK). */
function traceCall(
  parent: Span,
  next: Next,
  context: HandlerContext,
  args: Arguments,
  calls: WeakMap<object, Span>,
): Promise<Answer> {
  const service = (context.clientName ?? 'AWS').replace(/Client$/, '')
  const method = (context.commandName ?? 'call').replace(/Command$/, '')
  const attributes = {
    'rpc.system': 'aws-api',
    'rpc.service': service,
    'rpc.method': method,
    ...subjectOf(service, args.input),
  }
  return parent.enterSpan(`${service}.${method}`, { kind: SpanKind.CLIENT, attributes }, async (span) => {
    calls.set(context, span)
    try {
      const input = injected(service, method, args.input, span.carry({}).$trace)
      const answer = await next(input === args.input ? args : { ...args, input })
      told(span, context, answer.output?.$metadata)
      return answer
    } catch (error) {
      told(span, context, (error as { $metadata?: Metadata } | null | undefined)?.$metadata)
      throw error
    }
  })
}

function told(span: Span, { clientName, __smithy_context: signed }: HandlerContext, metadata: Metadata = {}): void {
  const { requestId, extendedRequestId, httpStatusCode, attempts = 1 } = metadata
  const region = signed?.selectedHttpAuthScheme?.httpAuthOption?.signingProperties?.region
  const values = {
    'cloud.region': region,
    'faas.invoked_region': clientName === 'LambdaClient' && region,
    'aws.request_id': requestId,
    'aws.extended_request_id': extendedRequestId,
    'http.response.status_code': httpStatusCode,
    'http.request.resend_count': attempts - 1,
  }
  for (const [key, value] of Object.entries(values)) if (value) span.setAttribute(key, value)
}

/** One request of a call (semantic conventions, HTTP client). */
async function traceTry(parent: Span, next: Next, args: Arguments): Promise<Answer> {
  const attributes = requestAttributes(args.request)
  return parent.enterSpan(methodName(attributes), { kind: SpanKind.CLIENT, attributes }, async (span) => {
    const answer = await next(args)
    const status = answer.response?.statusCode
    if (status === undefined) return answer
    span.setAttribute('http.response.status_code', status)
    if (status >= 400) span.setAttribute('error.type', String(status)).setStatus({ code: 'error' })
    return answer
  })
}

function requestAttributes(request: unknown): Attributes & Record<string, string> {
  const { method = 'POST', protocol, hostname, port, path } = (request ?? {}) as Record<string, string | undefined>
  const url = `${protocol}//${hostname}${port ? `:${port}` : ''}${path}`
  return { ...methodAttributes(method), ...urlAttributes(url, true) } as Attributes & Record<string, string>
}

/** What a call is about: bucket, table, queue, topic, function. */
const SUBJECTS: Readonly<Record<string, string | undefined>> = {
  'S3.Bucket': 'aws.s3.bucket',
  'S3.Key': 'aws.s3.key',
  'S3.CopySource': 'aws.s3.copy_source',
  'S3.UploadId': 'aws.s3.upload_id',
  'DynamoDB.TableName': 'aws.dynamodb.table_names',
  'SQS.QueueUrl': 'aws.sqs.queue.url',
  'SNS.TopicArn': 'aws.sns.topic.arn',
  'Lambda.FunctionName': 'faas.invoked_name',
  'Kinesis.StreamName': 'aws.kinesis.stream_name',
  'SecretsManager.SecretId': 'aws.secretsmanager.secret.arn',
  'SFN.stateMachineArn': 'aws.step_functions.state_machine.arn',
}

function subjectOf(service: string, input: Readonly<Record<string, unknown>>): Attributes {
  const attributes: Record<string, string | readonly string[]> = {}
  for (const [name, value] of Object.entries(input)) {
    const key = SUBJECTS[`${service}.${name}`]
    if (key && typeof value === 'string') attributes[key] = key.endsWith('names') ? [value] : value
  }
  if (service === 'Lambda') attributes['faas.invoked_provider'] = 'aws'
  return attributes
}
