// The front Worker without clew.
export { Flow, front as default, Room } from './front.ts'
