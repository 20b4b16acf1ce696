import type { FastlyEvent } from 'clew/fastly'
import worker from './doors.ts'

declare function addEventListener(type: 'fetch', listener: (event: FastlyEvent) => void): void

addEventListener('fetch', (event) => event.respondWith(Promise.resolve(worker.fetch())))
