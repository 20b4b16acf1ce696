// In: a span that is stored already and a second copy of it. Out: one row with what both know.
// Must stay true: a finished copy beats an unfinished one whatever the order of arrival; between equals the later arrival
// wins; attributes, events and links are united, so that a partial flush and the final one add up.
import type { DatabaseSync } from 'node:sqlite'
import type { ArrivedSpan } from '../receive/arrival.ts'
import { valueText } from '../receive/arrival.ts'
import { parseExact } from './json.ts'

const union = (older: unknown, newer: readonly unknown[]): string | null => {
  const byText = new Map<string, unknown>()
  for (const item of [...(Array.isArray(older) ? older : []), ...newer]) byText.set(valueText(item), item)
  return byText.size === 0 ? null : `[${[...byText.keys()].join(',')}]`
}

export const mergeSpan = (
  db: DatabaseSync,
): ((t: number, svc: number, span: ArrivedSpan, op: string, peer: string) => void) => {
  const select = db.prepare(`select s.id, s.open, s.parent, s.status, b.attrs, b.events, b.links, b.more
    from spans s join bodies b on b.id = s.id where s.t = ? and s.span_id = ? and s.svc = ?`)
  const updateSpan =
    db.prepare(`update spans set parent = ?, kind = ?, status = ?, open = ?, start_us = ?, start_ns = ?,
    dur_ns = ?, name = ?, op = ?, peer = ? where id = ?`)
  const updateBody = db.prepare('update bodies set attrs = ?, events = ?, links = ?, more = ? where id = ?')
  const updateTexts = db.prepare('update bodies set attrs = ?, events = ?, links = ? where id = ?')

  return (t, svc, span, op, peer) => {
    const old = select.get(t, span.spanId, svc)
    if (old === undefined) return
    const id = Number(old['id'])
    const oldAttributes = parseExact(String(old['attrs'])) as Record<string, unknown>
    const events = union(parseExact(String(old['events'])), span.events)
    const links = union(parseExact(String(old['links'])), span.links)
    if (span.unfinished && Number(old['open']) === 0) {
      const attributes = { ...span.attributes, ...oldAttributes }
      delete attributes['clew.unfinished']
      updateTexts.run(valueText(attributes), events, links, id)
      return
    }
    const attributes = { ...oldAttributes, ...span.attributes }
    if (!span.unfinished) delete attributes['clew.unfinished']
    const [oldState, , oldMessage, , , , scope] = JSON.parse(String(old['more'])) as [
      string,
      number,
      string,
      number,
      number,
      number,
      number,
    ]
    const status = span.status || Number(old['status'])
    updateSpan.run(
      ...[span.parentSpanId || String(old['parent']), span.kind, status, span.unfinished ? 1 : 0, span.start.micros],
      ...[span.start.rest, span.duration, span.name, op, peer, id],
    )
    updateBody.run(
      ...[valueText(attributes), events, links],
      valueText([
        span.traceState || oldState,
        span.flags,
        span.statusMessage || oldMessage,
        span.droppedAttributes,
        span.droppedEvents,
        span.droppedLinks,
        scope,
      ]),
      id,
    )
  }
}
