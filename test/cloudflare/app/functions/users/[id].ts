// A Pages function at the end of a chain.
import type { Data, Env } from '../_middleware.ts'

export const onRequestGet: PagesFunction<Env, 'id', Data> = async ({ params, data: { span }, waitUntil }) => {
  span.setAttribute('http.route', '/users/:id')
  await span.enterSpan('load', (span) => span.env.KV.put('user', String(params['id'])))
  waitUntil(Promise.resolve())
  return Response.json(params)
}
