// The plugin: `clew.configs.recommended` for ESLint's flat configuration; `jsPlugins: ['eslint-plugin-clew']` for oxlint.
import type { Rule } from './estree.ts'
import { noGlobalFetch } from './no-global-fetch.ts'
import { noOuterSpan } from './no-outer-span.ts'
import { noUnthreadedEnv } from './no-unthreaded-env.ts'

interface Plugin {
  readonly meta: { readonly name: string; readonly version: string }
  readonly rules: Record<string, Rule>
  readonly configs: Record<string, object>
}

const plugin: Plugin = {
  meta: { name: 'eslint-plugin-clew', version: '0.1.0' },
  rules: {
    'no-global-fetch': noGlobalFetch,
    'no-unthreaded-env': noUnthreadedEnv,
    'no-outer-span': noOuterSpan,
  },
  configs: {},
}

plugin.configs['recommended'] = {
  name: 'clew/recommended',
  plugins: { clew: plugin },
  rules: {
    'clew/no-global-fetch': 'error',
    'clew/no-unthreaded-env': 'error',
    'clew/no-outer-span': 'error',
  },
}

export default plugin
