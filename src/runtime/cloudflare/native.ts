// In: Cloudflare's own tracing, as `cloudflare:workers` exports it. Out: a mirror that shows our spans among its own.
// Must stay true: what is there is found out a method at a time, and whether it records by `isTraced`: the object itself
// is always there (measured); it is never asked outside of a request.
import { StatusCode } from '../../flush/model.ts'
import type { Mirror } from '../mirror.ts'
import type { OpenRecord } from '../record.ts'
import { redactUrl } from '../redact.ts'

interface NativeSpan {
  readonly isTraced: boolean
  spanContext?(): { readonly traceId: string }
  setAttribute(key: string, value: boolean | number | string): unknown
  setStatus?(status: { readonly code: 'error'; readonly message?: string }): unknown
  updateName?(name: string): unknown
  end?(): void
}

/** `tracing` of `cloudflare:workers`, or `ctx.tracing`. Every method may be missing: they came one after the other. */
export interface NativeTracing {
  startSpan?(name: string): NativeSpan
  getActiveSpan?(): NativeSpan | undefined
  withActiveSpan?<T>(span: NativeSpan, callback: () => T): T
}

const NO_TRACE = /^0+$/

/**
 * Shows every recorded span in Cloudflare's own tracing too, and takes over its trace id where no parent came in:
 * `createTracer((env) => ({ …, mirror: nativeSpans(tracing) }))`. What clew exports stays the same.
 *
 * Events, links and kinds have no place there; attributes that are no text, number or boolean are left out; times are
 * the runtime's.
 */
export function nativeSpans(tracing: NativeTracing): Mirror {
  const spans = new WeakMap<OpenRecord, NativeSpan>()
  /** The name a span began with. */
  const names = new WeakMap<OpenRecord, string>()

  return {
    traceId() {
      const active = quietly(() => tracing.getActiveSpan?.())
      const id = active?.isTraced ? active.spanContext?.().traceId : undefined
      return id && /^[\da-f]{32}$/.test(id) && !NO_TRACE.test(id) ? id : undefined
    },
    started(record, parent) {
      quietly(() => {
        const above = parent && spans.get(parent)
        const name = redactUrl(record.name)
        const start = (): NativeSpan | undefined => tracing.startSpan?.(name)
        const span = above && tracing.withActiveSpan ? tracing.withActiveSpan(above, start) : start()
        if (!span?.isTraced) return span?.end?.()
        spans.set(record, span)
        names.set(record, name)
        return undefined
      })
    },
    ended(record, { attributes, name, statusCode, statusMessage }) {
      const span = spans.get(record)
      if (!span) return
      quietly(() => {
        for (const [key, value] of Object.entries(attributes))
          if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
            span.setAttribute(key, value)
        if (name !== names.get(record)) span.updateName?.(name)
        if (statusCode === StatusCode.ERROR) span.setStatus?.({ code: 'error', message: statusMessage })
        span.end?.()
      })
    },
  }
}

/** The runtime's own tracing is not ours to fail for: what it refuses is missing there, and is in the export. */
function quietly<T>(call: () => T): T | undefined {
  try {
    return call()
  } catch {
    return undefined
  }
}
