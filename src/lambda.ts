// The door for AWS Lambda, Lambda@Edge included.
export { describeEvent } from './runtime/lambda/event.ts'
export type { EventDescription } from './runtime/lambda/event-description.ts'
export { type LambdaExtension, lambdaExtension } from './runtime/lambda/extension.ts'
export {
  type LambdaContext,
  type LambdaOptions,
  lambda,
  lambdaStream,
  type ResponseStream,
  type TracedLambda,
  type TracedLambdaStream,
} from './runtime/lambda/lambda.ts'
