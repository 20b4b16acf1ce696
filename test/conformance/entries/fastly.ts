import { type FastlyEvent, fastly } from 'clew/fastly'
import { dispatcher } from '../program.ts'

declare function addEventListener(type: 'fetch', listener: (event: FastlyEvent) => void): void

addEventListener(
  'fetch',
  dispatcher(
    (tracer, answer) => fastly<unknown, FastlyEvent>(tracer, answer),
    (event) => event.request.url,
  ),
)
