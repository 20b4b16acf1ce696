// In: the Workers AI binding. Out: the same, whose runs are spans of the GenAI conventions (development).
// Must stay true: no prompt, no input and no output leaves; a streamed answer is not touched.
import { type BindingKind, bindingKind, told } from './kind.ts'

type Inputs = Readonly<Record<string, unknown>> | undefined

/** What is asked for, as far as the shape of the inputs tells. */
function operationOf(inputs: Inputs): string {
  if (inputs?.['messages']) return 'chat'
  if (inputs?.['prompt'] !== undefined) return 'text_completion'
  return inputs?.['text'] !== undefined ? 'embeddings' : 'generate_content'
}

/** Workers AI. */
export const ai: BindingKind = bindingKind('ai', ['Ai'], {
  run: {
    name: (said) => `${said['gen_ai.operation.name']} ${said['gen_ai.request.model']}`,
    request: (model: string, inputs: Inputs) => ({
      'gen_ai.operation.name': operationOf(inputs),
      'gen_ai.provider.name': 'cloudflare.workers_ai',
      'gen_ai.request.model': model,
      ...told('gen_ai.request.', 'max_tokens,temperature,top_p', inputs),
    }),
    response: (answer: { readonly usage?: Inputs } | null) => {
      const { prompt_tokens: input_tokens, completion_tokens: output_tokens } = answer?.usage ?? {}
      return told('gen_ai.usage.', 'input_tokens,output_tokens', { input_tokens, output_tokens })
    },
  },
  toMarkdown: '',
})
