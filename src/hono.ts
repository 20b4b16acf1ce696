// The door for Hono.
export { type ClewVariables, clew, spanned } from './runtime/hono.ts'
