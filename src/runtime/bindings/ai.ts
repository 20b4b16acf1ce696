// In: the Workers AI binding. Out: the same, whose runs are spans of the GenAI conventions (development).
// Must stay true: no prompt, no input and no output leaves; a streamed answer is not touched.
import type { Attributes } from '../../flush/model.ts'
import { type BindingKind, bindingKind } from './kind.ts'

type Inputs = Readonly<Record<string, unknown>> | undefined

/** What is asked for, as far as the shape of the inputs tells. */
function operationOf(inputs: Inputs): string {
  if (inputs?.['messages']) return 'chat'
  if (inputs?.['prompt'] !== undefined) return 'text_completion'
  return inputs?.['text'] !== undefined ? 'embeddings' : 'generate_content'
}

const number = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined)

/** Workers AI. */
export const ai: BindingKind = bindingKind(
  'ai',
  ['Ai'],
  {},
  {
    run: {
      name: (model: string, inputs: Inputs) => `${operationOf(inputs)} ${model}`,
      request: (model: string, inputs: Inputs) => ({
        'gen_ai.operation.name': operationOf(inputs),
        'gen_ai.provider.name': 'cloudflare.workers_ai',
        'gen_ai.request.model': model,
        'gen_ai.request.max_tokens': number(inputs?.['max_tokens']),
        'gen_ai.request.temperature': number(inputs?.['temperature']),
        'gen_ai.request.top_p': number(inputs?.['top_p']),
      }),
      response: (answer: { readonly usage?: Readonly<Record<string, unknown>> } | null): Attributes => ({
        'gen_ai.usage.input_tokens': number(answer?.usage?.['prompt_tokens']),
        'gen_ai.usage.output_tokens': number(answer?.usage?.['completion_tokens']),
      }),
    },
    toMarkdown: {},
  },
)
