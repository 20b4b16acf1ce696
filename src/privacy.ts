// The door of `clew/privacy`: detectors, hashing, and masking beyond what happens by itself.
export { cards, type Detector, detect, emails, ips, nationalIds, secrets } from './runtime/privacy/detect.ts'
export {
  type CaptureHeadersOptions,
  captureHeaders,
  type HeaderCapture,
  type HeaderValues,
} from './runtime/privacy/headers.ts'
export { hmac } from './runtime/privacy/hmac.ts'
export { allOf, maskKeys } from './runtime/privacy/mask-keys.ts'
export { sanitizeQueries } from './runtime/privacy/queries.ts'
export type { Mask, Redact, RedactWhere } from './runtime/redact.ts'
