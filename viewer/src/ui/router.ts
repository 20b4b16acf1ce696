// In: the address bar. Out: where we are, as a signal. Every view is its address, so every address is a permalink.
// Must stay true: a page opened from a file has no history to write to and keeps its place in memory.
import { type ReadonlySignal, signal } from '@preact/signals'
import { embeddedTrace } from './embedded.ts'

const base = 'http://clew.invalid'

const initial = (): URL => {
  const trace = embeddedTrace()
  return trace === undefined
    ? new URL(location.pathname + location.search, base)
    : new URL(`/trace/${trace.traceId}`, base)
}

const current = signal(initial())

export const here: ReadonlySignal<URL> = current

/** Goes to a path of the viewer's. `replace` keeps the back button meaningful while something is being adjusted. */
export const go = (path: string, replace = false): void => {
  const url = new URL(path, base)
  if (url.href === current.value.href) return
  if (embeddedTrace() === undefined)
    history[replace ? 'replaceState' : 'pushState'](null, '', url.pathname + url.search)
  current.value = url
}

/** Changes parameters of the present address; `undefined` or '' removes one. */
export const adjust = (changes: Readonly<Record<string, string | undefined>>, replace = true): void => {
  const url = new URL(current.value)
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined || value === '') url.searchParams.delete(name)
    else url.searchParams.set(name, value)
  }
  go(url.pathname + url.search, replace)
}

export const parameter = (name: string): string => current.value.searchParams.get(name) ?? ''

/** A path with the parameters that are not empty. */
export const pathOf = (path: string, parameters: Readonly<Record<string, string | undefined>> = {}): string => {
  const url = new URL(path, base)
  for (const [name, value] of Object.entries(parameters)) if (value) url.searchParams.set(name, value)
  return url.pathname + url.search
}

export const startRouter = (): void => {
  addEventListener('popstate', () => (current.value = new URL(location.pathname + location.search, base)))
  addEventListener('click', (event) => {
    const anchor = (event.target as Element).closest?.('a[href^="/"]')
    if (
      anchor === null ||
      event.defaultPrevented ||
      event.button !== 0 ||
      event.metaKey ||
      event.ctrlKey ||
      event.shiftKey
    )
      return
    if (anchor.hasAttribute('download')) return
    event.preventDefault()
    go(anchor.getAttribute('href')!)
  })
}
