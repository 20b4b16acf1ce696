// In: the user's function and a request as Node has it. Out: its response, written as Node wants it.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Span } from 'clew'
import type { answer } from '../program.ts'

export function urlOf(incoming: IncomingMessage): string {
  return `http://${incoming.headers.host}${incoming.url}`
}

export async function respondInNode(
  respond: typeof answer,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  context: { readonly span: Span },
): Promise<void> {
  const headers = incoming.headers as Record<string, string>
  const response = await respond(new Request(urlOf(incoming), { headers }), context)
  const cookies = response.headers.getSetCookie()
  outgoing.writeHead(response.status, {
    ...Object.fromEntries(response.headers),
    ...(cookies.length > 0 && { 'set-cookie': cookies }),
  })
  for await (const chunk of response.body ?? []) {
    if (outgoing.destroyed) break
    outgoing.write(chunk)
  }
  outgoing.end()
}
