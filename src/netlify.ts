// The door for Netlify Functions and Edge Functions.
export { type NetlifyContext, netlify } from './runtime/hosts/netlify.ts'
