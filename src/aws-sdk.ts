// The door for clients of the AWS SDK for JavaScript v3.
export { awsClient, awsMiddleware } from './runtime/aws-sdk.ts'
