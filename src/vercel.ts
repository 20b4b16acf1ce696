// The door for Vercel and Next.js.
export { type VercelOptions, vercel, vercelNode } from './runtime/hosts/vercel.ts'
