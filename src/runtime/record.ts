// In: a place in a trace, a name and options. Out: the record of a span while it is open.
// Must stay true: one literal makes every record, so that all have one hidden class; nothing of the caller's is kept.
import { type LinkRecord, SpanKind, type SpanRecord, StatusCode } from '../flush/model.ts'
import { type Clock, epochMs } from './clock.ts'
import type { Link, SpanOptions } from './span.ts'

/** A record while its span is open. */
export type OpenRecord = { -readonly [field in keyof SpanRecord]: SpanRecord[field] } & {
  attributes: Record<string, SpanRecord['attributes'][string]>
}

/** Shared, so that a span without events and links owns no array. */
const NONE: readonly never[] = []

export function openRecord(
  now: Clock,
  { traceId, traceFlags, traceState }: Pick<SpanRecord, 'traceId' | 'traceFlags' | 'traceState'>,
  spanId: string,
  parentSpanId: string,
  parentIsRemote: boolean,
  name: string,
  options: SpanOptions | undefined,
): OpenRecord {
  return {
    traceId,
    spanId,
    parentSpanId,
    parentIsRemote,
    traceFlags,
    traceState,
    name,
    kind: options?.kind ?? SpanKind.INTERNAL,
    startMs: epochMs(options?.startTime, now),
    endMs: 0,
    // A copy: the caller may use its literal again for the next span.
    attributes: { ...options?.attributes },
    droppedAttributes: 0,
    events: NONE,
    droppedEvents: 0,
    links: options?.links ? linkRecords(options.links) : NONE,
    droppedLinks: 0,
    statusCode: StatusCode.UNSET,
    statusMessage: '',
  }
}

/** Pushes, except onto the shared empty array. */
export function append<T>(list: readonly T[], item: T): readonly T[] {
  if (list === NONE) return [item]
  ;(list as T[]).push(item)
  return list
}

/** Links as they are recorded. */
export function linkRecords(links: readonly Link[]): LinkRecord[] {
  return links.map(({ context, attributes }) => ({
    traceId: context.traceId,
    spanId: context.spanId,
    traceFlags: context.traceFlags,
    traceState: context.traceState?.serialize() ?? '',
    isRemote: !!context.isRemote,
    attributes: { ...attributes },
    droppedAttributes: 0,
  }))
}
