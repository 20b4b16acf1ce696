// In: the binding of a Workflow. Out: the same, whose calls, and those of its instances, are spans.
// Must stay true: the parameters of an instance are the app's: a context is in them when it put it there, and then it is
// the call's own.
import { SpanKind } from '../../../flush/model.ts'
import { type BindingKind, bindingKind, type Method, type Methods } from './kind.ts'

const instance = (): Methods => ({
  status: '',
  pause: '',
  resume: '',
  restart: '',
  terminate: '',
  delete: '',
  sendEvent: 'event.type',
})
const get: Method = {
  response: ({ id }: { readonly id?: string }) => ({ 'cloudflare.workflow.instance_id': id }),
  yields: instance,
}
const create: Method = { ...get, kind: SpanKind.PRODUCER, carries: ['instances', 'params'] }

/** How many are to be made: in the old form a list, in the new one an object, of `instances` or of so many alike. */
interface Batch {
  readonly length?: number
  readonly instances?: readonly unknown[]
  readonly count?: number
}

/** Workflows: instances made, looked up and steered. */
export const workflow: BindingKind = bindingKind('workflow', ['WorkflowImpl'], {
  create,
  createBatch: {
    ...create,
    request: ({ length, instances, count }: Batch) => ({
      'messaging.batch.message_count': length ?? instances?.length ?? count,
    }),
  },
  get,
  deleteBatch: '',
})
