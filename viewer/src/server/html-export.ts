// In: the built page and a trace. Out: the page with the trace inside: one file that needs no server and no network.
// Must stay true: nothing in a span's data can end the script element that carries it.
import type { TraceView } from '../model.ts'

/** Id of the element in which the page looks for a trace of its own. */
export const EMBEDDED_ID = 'clew-trace'

export const htmlOf = (index: string, trace: TraceView): string => {
  const json = JSON.stringify(trace)
    .replace(/</g, '\\u003c')
    .replace(/\u2028/g, '\\u2028')
    .replace(/\u2029/g, '\\u2029')
  const element = `<script type="application/json" id="${EMBEDDED_ID}">${json}</script>`
  return index.replace('<div id="app"></div>', () => `${element}<div id="app"></div>`)
}
