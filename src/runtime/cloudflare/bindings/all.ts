// In: nothing. Out: every kind of binding clew knows.
import { ai } from './ai.ts'
import { d1 } from './d1.ts'
import { durableObjectRpc } from './durable-object.ts'
import type { BindingKind } from './kind.ts'
import { kv } from './kv.ts'
import { analyticsEngine, cache, dispatch, email, hyperdrive, images, rateLimiter, secret, vectorize } from './more.ts'
import { queue } from './queue.ts'
import { r2 } from './r2.ts'
import { serviceRpc } from './service.ts'
import { storage } from './storage.ts'
import { workflow } from './workflow.ts'

/** Every kind. For a small bundle name the ones you use instead. */
export const allBindings: readonly BindingKind[] = [
  ai,
  analyticsEngine,
  cache,
  d1,
  dispatch,
  durableObjectRpc,
  email,
  hyperdrive,
  images,
  kv,
  queue,
  r2,
  rateLimiter,
  secret,
  serviceRpc,
  storage,
  vectorize,
  workflow,
]
