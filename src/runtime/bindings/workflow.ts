// In: the binding of a Workflow. Out: the same, whose calls, and those of its instances, are spans.
// Must stay true: the parameters of an instance are the app's: the context is in them when it put it there.
import { type Attributes, SpanKind } from '../../flush/model.ts'
import { type BindingKind, bindingKind, type Method, type Place, tracedMethods } from './kind.ts'

interface Instance {
  readonly id: string
}
const created = ({ id }: Instance): Attributes => ({ 'cloudflare.workflow.instance_id': id })
const call: Method = {}
const instance = {
  status: call,
  pause: call,
  resume: call,
  restart: call,
  terminate: call,
  sendEvent: { request: ({ type }: { readonly type: string }) => ({ 'cloudflare.workflow.event.type': type }) },
}
const open = (host: Instance, place: Place, shared: Attributes): Instance =>
  tracedMethods(host, instance, place, { ...shared, ...created(host) })

/** Workflows: instances made, looked up and steered. */
export const workflow: BindingKind = bindingKind(
  'workflow',
  ['WorkflowImpl'],
  {},
  {
    create: { kind: SpanKind.PRODUCER, response: created, yields: open },
    createBatch: {
      kind: SpanKind.PRODUCER,
      request: (batch: readonly unknown[]) => ({ 'messaging.batch.message_count': batch.length }),
      yields: (hosts: readonly Instance[], place, shared) => hosts.map((host) => open(host, place, shared)),
    },
    get: { response: created, yields: open },
  },
)
