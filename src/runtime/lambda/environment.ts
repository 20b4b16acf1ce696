// In: the Lambda environment, as the process shows it. Out: the resource, and what init took.
// Must stay true: no import of Node's modules; everything is read when it is asked for, never while a module is evaluated.
import type { Context } from 'aws-lambda'
import type { AttributeValue } from '../../flush/model.ts'
import { environment } from '../hosts/process.ts'

/** Resource attributes of a function (semantic conventions 1.44, FaaS and AWS Lambda resources). */
export function lambdaResource(context: Context): Record<string, AttributeValue> {
  const env = environment()
  const account = accountOf(context.invokedFunctionArn)
  const attributes: Record<string, AttributeValue> = {
    'cloud.provider': 'aws',
    'cloud.platform': 'aws_lambda',
    'cloud.region': env['AWS_REGION'],
    'cloud.account.id': account,
    'faas.name': context.functionName,
    'faas.version': context.functionVersion,
    'faas.instance': context.logStreamName,
    'faas.max_memory': Number(context.memoryLimitInMB) * 1_048_576 || undefined,
    'aws.log.group.names': context.logGroupName ? [context.logGroupName] : undefined,
    'aws.log.stream.names': context.logStreamName ? [context.logStreamName] : undefined,
    'telemetry.sdk.language': 'nodejs',
    'process.runtime.name': 'nodejs',
  }
  for (const key in attributes) if (attributes[key] === undefined) delete attributes[key]
  return attributes
}

/** What one invocation says of itself (semantic conventions 1.44, AWS Lambda, "All triggers"). */
export function invocationAttributes({
  awsRequestId,
  invokedFunctionArn,
  functionVersion,
}: Context): Record<string, AttributeValue> {
  return {
    'faas.invocation_id': awsRequestId,
    'aws.lambda.invoked_arn': invokedFunctionArn,
    'cloud.account.id': accountOf(invokedFunctionArn),
    'cloud.resource_id': withVersion(invokedFunctionArn, functionVersion),
  }
}

/** The ARN with the version in the place of an alias, which says nothing of what ran. */
function withVersion(arn: string, version: string): string {
  const parts = String(arn).split(':')
  if (parts.length === 8) parts[7] = version
  return parts.join(':')
}

function accountOf(arn: string): string | undefined {
  return /^(?:[^:]*:){4}(\d+):/.exec(String(arn))?.[1]
}

/**
 * True where the first event waited for the environment to be made. Environments that were made in advance
 * (provisioned concurrency, SnapStart, managed instances) keep nobody waiting.
 */
export function isOnDemand(): boolean {
  return (environment()['AWS_LAMBDA_INITIALIZATION_TYPE'] ?? 'on-demand') === 'on-demand'
}

/** Several events at once in one process: Lambda Managed Instances. */
export function isConcurrent(): boolean {
  return environment()['AWS_LAMBDA_MAX_CONCURRENCY'] !== undefined
}
