import * as awsSdk from 'clew/aws-sdk'
import * as azure from 'clew/azure'
import * as browser from 'clew/browser'
import * as bun from 'clew/bun'
import * as deno from 'clew/deno'
import * as fastly from 'clew/fastly'
import * as googleCloud from 'clew/google-cloud'
import * as handle from 'clew/handle'
import * as lambda from 'clew/lambda'
import * as netlify from 'clew/netlify'
import * as node from 'clew/node'
import * as supabase from 'clew/supabase'
import * as vercel from 'clew/vercel'

const doors: Record<string, object> = {
  handle,
  lambda,
  'aws-sdk': awsSdk,
  node,
  deno,
  bun,
  vercel,
  netlify,
  fastly,
  supabase,
  'google-cloud': googleCloud,
  azure,
  browser,
}

const worker: { fetch(): Response } = {
  fetch: () => Response.json(Object.keys(doors).filter((name) => Object.keys(doors[name]!).length > 0)),
}
export default worker
