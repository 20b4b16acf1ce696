// In: a trace id. Out: everything stored about that trace, across services, as a TraceView.
// Must stay true: spans come by start, then as they arrived; offsets count from the earliest start of any service's clock,
// uncorrected: skew is shown, not hidden.
import type { DatabaseSync } from 'node:sqlite'
import type { EventView, LinkView, LogView, ScopeView, SpanView, TraceView, Value, ValueMap } from '../model.ts'
import { KINDS, STATUSES } from '../model.ts'
import { nanoText } from '../receive/arrival.ts'
import { parseViewable } from './json.ts'

type Row = Record<string, unknown>
type More = readonly [string, number, string, number, number, number, number]

/** Numbers sets of texts in order of first use. */
const numbering = (): { of(id: number): number; readonly ids: readonly number[] } => {
  const indices = new Map<number, number>()
  const ids: number[] = []
  return {
    ids,
    of(id) {
      let index = indices.get(id)
      if (index === undefined) {
        index = ids.push(id) - 1
        indices.set(id, index)
      }
      return index
    },
  }
}

const listOf = <Item>(text: unknown): readonly Item[] =>
  typeof text === 'string' ? (parseViewable(text) as readonly Item[]) : []

export type TraceReader = (traceId: string) => TraceView | undefined

export const logView = (row: Row, traceId: string): LogView => ({
  traceId,
  spanId: String(row['span_id']),
  service: String(row['service']),
  nano: nanoText({ micros: Number(row['time_us']), rest: Number(row['time_ns']) }),
  severity: Number(row['sev']),
  severityText: String(row['sev_text']),
  eventName: String(row['event']),
  body: parseViewable(String(row['body'])) as Value,
  attributes: parseViewable(String(row['attrs'])) as ValueMap,
  resource: parseViewable(String(row['resource'])) as ValueMap,
})

export const LOG_COLUMNS = `l.span_id, l.time_us, l.time_ns, l.sev, l.sev_text, l.event, l.body, l.attrs,
  v.name as service, r.attrs as resource from logs l join services v on v.id = l.svc join resources r on r.id = l.res`

export const traceReader = (db: DatabaseSync): TraceReader => {
  const selectTrace = db.prepare('select t, revision from traces where trace_id = ?')
  const selectSpans = db.prepare(`select s.*, v.name as service, b.attrs, b.events, b.links, b.more from spans s
    join bodies b on b.id = s.id join services v on v.id = s.svc where s.t = ? order by s.start_us, s.start_ns, s.id`)
  const selectLogs = db.prepare(`select ${LOG_COLUMNS} where l.t = ? order by l.time_us, l.time_ns, l.id`)
  const selectResource = db.prepare('select attrs from resources where id = ?')
  const selectScope = db.prepare('select body from scopes where id = ?')

  const scopeView = (id: number): ScopeView => {
    const [name, version, attributes] = parseViewable(String(selectScope.get(id)?.['body'])) as [
      string,
      string,
      ValueMap,
    ]
    return { name, version, attributes }
  }

  return (traceId) => {
    const trace = selectTrace.get(traceId)
    if (trace === undefined) return undefined
    const t = Number(trace['t'])
    const rows = selectSpans.all(t)
    const logs = selectLogs.all(t)
    const resources = numbering()
    const scopes = numbering()
    const first = rows[0]
    const startUs = Number(first?.['start_us'] ?? logs[0]?.['time_us'] ?? 0)
    const startNs = Number(first?.['start_ns'] ?? logs[0]?.['time_ns'] ?? 0)
    let duration = 0

    const span = (row: Row): SpanView => {
      const [traceState, flags, statusMessage, droppedAttributes, droppedEvents, droppedLinks, scope] = parseViewable(
        String(row['more']),
      ) as More
      const micros = Number(row['start_us'])
      const rest = Number(row['start_ns'])
      const offset = (micros - startUs) * 1000 + rest - startNs
      const length = Number(row['dur_ns'])
      duration = Math.max(duration, offset + length)
      return {
        spanId: String(row['span_id']),
        parentSpanId: String(row['parent']),
        traceState,
        flags,
        name: String(row['name']),
        service: String(row['service']),
        kind: KINDS[Number(row['kind'])] ?? 'unspecified',
        startNano: nanoText({ micros, rest }),
        offset,
        duration: length,
        unfinished: Number(row['open']) === 1,
        status: STATUSES[Number(row['status'])] ?? 'unset',
        statusMessage,
        attributes: parseViewable(String(row['attrs'])) as ValueMap,
        events: listOf<EventView>(row['events']),
        links: listOf<LinkView>(row['links']),
        droppedAttributes,
        droppedEvents,
        droppedLinks,
        resource: resources.of(Number(row['res'])),
        scope: scopes.of(scope),
      }
    }

    const spans = rows.map(span)
    return {
      traceId,
      startNano: nanoText({ micros: startUs, rest: startNs }),
      duration,
      revision: Number(trace['revision']),
      spans,
      logs: logs.map((row) => logView(row, traceId)),
      resources: resources.ids.map((id) => parseViewable(String(selectResource.get(id)?.['attrs'])) as ValueMap),
      scopes: scopes.ids.map(scopeView),
    }
  }
}
