// The back Worker without clew.
export { Billing, back as default, Counter } from './back.ts'
