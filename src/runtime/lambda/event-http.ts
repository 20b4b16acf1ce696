// In: an event of API Gateway, a function URL, a load balancer or CloudFront. Out: an HTTP request as the semantic
// conventions describe it (1.44, HTTP spans), or nothing.
// Must stay true: the route is API Gateway's resource, never made up from the path; client addresses are the gateway's
// word, not the sender's header.
import type { AttributeValue } from '../../flush/model.ts'
import { getterOf, type HeaderSource, listGetter } from '../../propagate/getters.ts'
import type { Getter } from '../../propagate/propagator.ts'
import { methodAttributes, methodName } from '../http.ts'
import { redactUrl } from '../redact.ts'
import { type EventDescription, type Json, present, properties, textOf } from './event-description.ts'

interface Request {
  readonly method: unknown
  readonly path: unknown
  readonly query?: string
  /** As the gateway has it: `GET /users/{id}` or `/users/{id}`. */
  readonly route?: unknown
  readonly clientAddress?: unknown
  /** `HTTP/1.1`. */
  readonly protocol?: unknown
  readonly host?: unknown
}

/** A route that catches everything says nothing. */
const CATCH_ALL = /^(\$default|ANY|\/?\{proxy\+\})$/

export function httpEvent(event: Json): EventDescription | undefined {
  const request = properties(event['requestContext'])
  const http = properties(request['http'])
  if (event['version'] === '2.0' && http['method'] !== undefined) {
    return described(getterOf(event as HeaderSource), {
      method: http['method'],
      path: event['rawPath'] ?? http['path'],
      query: String(event['rawQueryString'] ?? ''),
      route: event['routeKey'],
      clientAddress: http['sourceIp'],
      protocol: http['protocol'],
      host: request['domainName'],
    })
  }
  if (request['elb'] && event['httpMethod'] !== undefined) {
    const carrier = getterOf(event as HeaderSource)
    return described(carrier, {
      method: event['httpMethod'],
      path: event['path'],
      // A load balancer hands the query on as it came, still encoded.
      query: queryOf(event, (text) => text),
      host: carrier.get('host'),
    })
  }
  if (request['stage'] !== undefined && event['httpMethod'] !== undefined) {
    return described(getterOf(event as HeaderSource), {
      method: event['httpMethod'],
      path: request['path'] ?? event['path'],
      query: queryOf(event, encodeURIComponent),
      route: event['resource'],
      clientAddress: properties(request['identity'])['sourceIp'],
      protocol: request['protocol'],
      host: request['domainName'],
    })
  }
  if (request['connectionId'] !== undefined) {
    // A WebSocket API: headers come with $connect only.
    const attributes = present({ 'http.route': textOf(request['routeKey']) })
    return { trigger: 'http', attributes, carrier: getterOf(event as HeaderSource) }
  }
  const edge = edgeRequest(event)
  if (edge) {
    const carrier = edgeHeaders(edge['headers'])
    return described(carrier, {
      method: edge['method'],
      path: edge['uri'],
      query: String(edge['querystring'] ?? ''),
      clientAddress: edge['clientIp'],
      host: carrier.get('host'),
    })
  }
  return undefined
}

/** The request in an event of Lambda@Edge. */
export function edgeRequest(event: Json): Json | undefined {
  const cf = properties(properties((event['Records'] as readonly unknown[] | undefined)?.[0])['cf'])
  return cf['request'] ? properties(cf['request']) : undefined
}

/** What reads `{ host: [{ key: 'Host', value: 'x' }] }`. */
export function edgeHeaders(headers: unknown): Getter {
  return listGetter(
    Object.entries(properties(headers)).flatMap(([name, values]) =>
      Array.isArray(values) ? values.map((one): [string, string] => [name, String(properties(one)['value'])]) : [],
    ),
  )
}

function described(carrier: Getter, request: Request): EventDescription {
  const host = textOf(request.host)?.replace(/:\d+$/, '')
  const scheme = carrier.get('x-forwarded-proto') ?? 'https'
  const port = Number(carrier.get('x-forwarded-port')) || (scheme === 'http' ? 80 : 443)
  const route = textOf(request.route)?.replace(/^\S+ (?=\/)/, '')
  const attributes: Record<string, AttributeValue> = {
    ...methodAttributes(String(request.method)),
    ...present({
      'url.path': textOf(request.path) ?? '/',
      'url.query': request.query ? redactUrl(`?${request.query}`).slice(1) : undefined,
      'url.scheme': scheme,
      'http.route': route && !CATCH_ALL.test(route) ? route : undefined,
      'server.address': host,
      'server.port': host ? port : undefined,
      'client.address': textOf(request.clientAddress) ?? textOf(carrier.get('x-forwarded-for')?.split(',')[0]?.trim()),
      'user_agent.original': textOf(carrier.get('user-agent')),
      'network.protocol.version': /\d.*/.exec(String(request.protocol ?? ''))?.[0],
    }),
  }
  const target = attributes['http.route']
  const method = methodName(attributes)
  return { trigger: 'http', name: target ? `${method} ${target}` : method, attributes, carrier }
}

/** The query as text, from the maps that REST APIs and load balancers make of it. */
function queryOf(event: Json, encode: (text: string) => string): string {
  const all = properties(event['multiValueQueryStringParameters'] ?? event['queryStringParameters'])
  return Object.entries(all)
    .flatMap(([name, value]) =>
      (Array.isArray(value) ? value : [value]).map((one) => `${encode(name)}=${encode(String(one))}`),
    )
    .join('&')
}
