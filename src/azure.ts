// The door for Azure Functions.
export { type AzureContext, azure } from './runtime/hosts/azure.ts'
