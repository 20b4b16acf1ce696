// The door for pages and their service workers.
export { type ActionOptions, action, keepaliveFetch, serviceWorker } from './runtime/hosts/browser.ts'
