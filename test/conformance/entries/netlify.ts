import { netlify } from 'clew/netlify'
import { dispatcher } from '../program.ts'

export const config = { path: '/*' }

const respond: unknown = dispatcher(
  (tracer, answer) => netlify(tracer, answer),
  (request) => request.url,
)
export default respond
