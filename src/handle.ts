// The door for any host that takes a promise, or lives on: `(request) => response`, and a `waitUntil`.
export {
  type HandleOptions,
  handle,
  type RequestHandler,
  type TracedRequestHandler,
  type WithSpan,
} from './runtime/hosts/handle.ts'
