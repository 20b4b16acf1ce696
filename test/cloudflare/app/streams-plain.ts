// The streams without clew.
export { streams as default } from './streams.ts'
