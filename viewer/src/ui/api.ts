// In: paths of the JSON API. Out: data, kept fresh while traces arrive.
// Must stay true: an answer that was overtaken is dropped; a refresh never takes more than a fifth of the server's time.
import { type Signal, signal } from '@preact/signals'
import { useEffect, useRef, useState } from 'preact/hooks'
import { embeddedTrace } from './embedded.ts'

/** What the server said no with; `at` and `end` point into a query. */
export interface Failure {
  readonly message: string
  readonly at?: number
  readonly end?: number
}

class ApiError extends Error {
  readonly failure: Failure
  constructor(failure: Failure) {
    super(failure.message)
    this.failure = failure
  }
}

export const request = async <T>(path: string, abort?: AbortSignal): Promise<T> => {
  const response = await fetch(path, abort ? { signal: abort } : {})
  const body = (await response.json()) as T & { error?: string; at?: number; end?: number }
  if (!response.ok) throw new ApiError({ ...body, message: body.error ?? `the server answered ${response.status}` })
  return body
}

const stored = (name: string, fallback: string): string => {
  try {
    return localStorage.getItem(name) ?? fallback
  } catch {
    return fallback
  }
}

export const store = (name: string, value: string): void => {
  try {
    localStorage.setItem(name, value)
  } catch {
    // A page opened from a file may have no storage; the choice then lasts as long as the page.
  }
}

/** Whether views follow what arrives. */
export const live: Signal<boolean> = signal(stored('clew-live', 'on') === 'on')
export const theme: Signal<string> = signal(stored('clew-theme', 'auto'))

const changes = signal(0)
/** Whether the server is there. */
export const connected: Signal<boolean> = signal(true)

export const startLive = (): void => {
  if (embeddedTrace() !== undefined) return
  const events = new EventSource('/api/live')
  events.addEventListener('change', () => changes.value++)
  events.addEventListener('hello', () => {
    connected.value = true
    changes.value++
  })
  events.onerror = () => (connected.value = false)
}

export interface Loaded<T> {
  readonly data: T | undefined
  readonly failure: Failure | undefined
  readonly loading: boolean
}

/** Milliseconds between refreshes, at least. */
const REFRESH_MS = 800
/** A refresh waits this many times as long as the last one took. */
const PATIENCE = 4

/** The answer to a path; asked again when traces change, unless `fixed`. No path, no question. */
export const useApi = <T>(path: string | undefined, fixed = false): Loaded<T> => {
  const [state, setState] = useState<Loaded<T>>({ data: undefined, failure: undefined, loading: true })
  const next = useRef(0)
  const shown = useRef<string | undefined>(undefined)

  useEffect(() => {
    if (path === undefined) return
    let abort: AbortController | undefined
    let timer: ReturnType<typeof setTimeout> | undefined
    const load = async (): Promise<void> => {
      timer = undefined
      abort = new AbortController()
      const started = performance.now()
      try {
        const data = await request<T>(path, abort.signal)
        shown.current = path
        setState({ data, failure: undefined, loading: false })
      } catch (error) {
        if (abort.signal.aborted) return
        const failure = error instanceof ApiError ? error.failure : { message: 'The viewer is not running any more.' }
        setState(({ data }) => ({ data, failure, loading: false }))
      } finally {
        const took = performance.now() - started
        next.current = performance.now() + Math.max(REFRESH_MS, took * PATIENCE)
      }
    }
    setState(({ data }) => ({ data, failure: undefined, loading: true }))
    void load()
    const stop = fixed
      ? () => {}
      : changes.subscribe((count) => {
          if (count === 0 || !live.value || timer !== undefined || shown.current !== path) return
          timer = setTimeout(() => void load(), Math.max(0, next.current - performance.now()))
        })
    return () => {
      stop()
      clearTimeout(timer)
      abort?.abort()
    }
  }, [path, fixed])
  return state
}
