// The door for Cloudflare Pages functions.
export { type PagesContext, pages } from './runtime/cloudflare/pages.ts'
