// In: where we are. Out: the frame around every view, and the view.
// Must stay true: every view is reachable by keyboard alone, and `?` says how.
import { effect, signal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks'
import { formatBytes, formatCount } from '../analysis/format.ts'
import { connected, live, store, theme, useApi } from './api.ts'
import { learnServices } from './colour.ts'
import { ComparePage } from './compare-page.tsx'
import { embeddedTrace } from './embedded.ts'
import { ErrorsPage } from './errors-page.tsx'
import { CloseIcon, Logo, SunIcon } from './icons.tsx'
import { MapPage } from './map-page.tsx'
import { go, here } from './router.ts'
import { ServicesPage } from './services-page.tsx'
import { TracePage } from './trace-page.tsx'
import { TracesPage } from './traces-page.tsx'

effect(() => {
  const dark = theme.value === 'dark' || (theme.value === 'auto' && matchMedia('(prefers-color-scheme: dark)').matches)
  document.documentElement.dataset['theme'] = dark ? 'dark' : 'light'
})

const helping = signal(false)

const PAGES = [
  ['/', 'Traces', 't'],
  ['/services', 'Services', 's'],
  ['/errors', 'Errors', 'x'],
  ['/map', 'Map', 'm'],
] as const

const KEYS = [
  ['/', 'search'],
  ['g t, g s, g x, g m', 'go to traces, services, errors, map'],
  ['↑ ↓ or j k', 'move in a list or a waterfall'],
  ['Enter', 'open the trace or the span'],
  ['← →', 'fold and unfold'],
  ['e', 'next error in the waterfall'],
  ['c', 'show or hide the critical path'],
  ['l', 'show or hide logs in the waterfall'],
  ['z, 0', 'zoom to the span, zoom out'],
  ['p', 'pin the span to compare others with it'],
  ['Esc', 'close what is open'],
  ['.', 'follow or hold what arrives'],
  ['d', 'dark or light'],
] as const

const toggleTheme = (): void => {
  theme.value = document.documentElement.dataset['theme'] === 'dark' ? 'light' : 'dark'
  store('clew-theme', theme.value)
}

const toggleLive = (): void => {
  live.value = !live.value
  store('clew-live', live.value ? 'on' : 'off')
}

export const isTyping = (event: KeyboardEvent): boolean =>
  event.target instanceof HTMLInputElement ||
  event.target instanceof HTMLTextAreaElement ||
  event.target instanceof HTMLSelectElement

const useKeys = (): void => {
  useLayoutEffect(() => {
    let awaitingPlace = 0
    const onKey = (event: KeyboardEvent): void => {
      if (event.metaKey || event.ctrlKey || event.altKey || isTyping(event)) return
      const place = PAGES.find(([, , key]) => key === event.key)
      if (place !== undefined && Date.now() - awaitingPlace < 1200) go(place[0])
      else if (event.key === '?') helping.value = !helping.value
      else if (event.key === 'd') toggleTheme()
      else if (event.key === '.') toggleLive()
      else if (event.key === '/') {
        const box = document.querySelector<HTMLInputElement>('.search input')
        if (box === null) return
        box.focus()
        box.select()
      } else {
        if (event.key === 'g') awaitingPlace = Date.now()
        return
      }
      awaitingPlace = 0
      event.preventDefault()
    }
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  }, [])
}

const Help = (): JSX.Element => {
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => dialog.current?.showModal(), [])
  return (
    <dialog ref={dialog} class="help" aria-label="Keys" onClose={() => (helping.value = false)}>
      <header>
        <h2>Keys</h2>
        <button type="button" class="quiet" aria-label="Close" onClick={() => (helping.value = false)}>
          <CloseIcon />
        </button>
      </header>
      <dl>
        {KEYS.map(([key, what]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </dialog>
  )
}

interface StatusAnswer {
  readonly services: readonly string[]
  readonly kept: { readonly traces: number; readonly spans: number; readonly bytes: number; readonly removed: number }
  readonly received: { readonly refused: number; readonly failed: number }
  readonly forwarded: { readonly sent: number; readonly dropped: number; readonly problem: string } | null
}

const Status = (): JSX.Element | null => {
  const { data } = useApi<StatusAnswer>('/api/status')
  useEffect(() => learnServices(data?.services ?? []), [data])
  if (data === undefined) return null
  const { kept, received, forwarded } = data
  return (
    <span class="status" role="status">
      {formatCount(kept.traces)} traces · {formatCount(kept.spans)} spans · {formatBytes(kept.bytes)}
      {received.failed + received.refused > 0 ? (
        <span class="warning" title="requests that were not OTLP, and spans refused in requests that were">
          {' '}
          · {formatCount(received.failed + received.refused)} refused
        </span>
      ) : null}
      {forwarded === null ? null : (
        <span title={forwarded.problem}>
          {' '}
          · {formatCount(forwarded.sent)} forwarded
          {forwarded.dropped > 0 ? `, ${formatCount(forwarded.dropped)} lost` : ''}
        </span>
      )}
    </span>
  )
}

const View = (): JSX.Element => {
  const path = here.value.pathname
  const trace = /^\/trace\/([0-9a-f]{32})$/i.exec(path)
  if (trace !== null) return <TracePage key={trace[1]} traceId={trace[1]!.toLowerCase()} />
  const pair = /^\/compare\/([0-9a-f]{32})\/([0-9a-f]{32})$/i.exec(path)
  if (pair !== null) return <ComparePage key={path} a={pair[1]!} b={pair[2]!} />
  if (path === '/services') return <ServicesPage />
  if (path === '/errors') return <ErrorsPage />
  if (path === '/map') return <MapPage />
  return <TracesPage />
}

export const App = (): JSX.Element => {
  useKeys()
  const path = here.value.pathname
  const shared = embeddedTrace() !== undefined
  return (
    <>
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <header class="top">
        <a class="brand" href="/">
          <Logo /> clew
        </a>
        {shared ? (
          <span class="status">a trace, shared as a file</span>
        ) : (
          <>
            <nav aria-label="Views">
              {PAGES.map(([href, name]) => {
                const current = href === path || (href === '/' && /^\/(trace|compare)/.test(path))
                return (
                  <a key={href} href={href} {...(current ? { 'aria-current': 'page' } : {})}>
                    {name}
                  </a>
                )
              })}
            </nav>
            <span class="grow" />
            {connected.value ? (
              <Status />
            ) : (
              <span class="status warning" role="status">
                the viewer is not running
              </span>
            )}
            <button
              type="button"
              class={`live ${live.value ? 'on' : ''}`}
              aria-pressed={live.value}
              onClick={toggleLive}
              title="Follow what arrives ( . )"
            >
              <i /> {live.value ? 'Live' : 'Held'}
            </button>
          </>
        )}
        {shared ? <span class="grow" /> : null}
        <button
          type="button"
          class="quiet"
          aria-label="Dark or light"
          title="Dark or light ( d )"
          onClick={toggleTheme}
        >
          <SunIcon />
        </button>
        <button type="button" class="quiet" aria-label="Keys" title="Keys ( ? )" onClick={() => (helping.value = true)}>
          <kbd>?</kbd>
        </button>
      </header>
      <main id="main" tabIndex={-1}>
        <View />
      </main>
      {helping.value ? <Help /> : null}
    </>
  )
}
