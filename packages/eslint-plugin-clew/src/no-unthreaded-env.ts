// In: a use of the host's env under a span deeper than the env. Out: a report, and `span.env` in its place.
// Must stay true: in the handler itself env is bound to the root span already and is left alone.
import type { Node, Rule, Scope, Variable } from './estree.ts'
import { isWithin, spanIn } from './span.ts'

export const noUnthreadedEnv: Rule = {
  meta: {
    type: 'problem',
    docs: {
      description: 'Use the env of the nearest span, so that what its bindings do is seen under it',
      url: 'docs/lint.md#no-unthreaded-env',
    },
    fixable: 'code',
    schema: [],
    messages: { useSpan: 'This env is bound to another span, or to none: use {{span}}.env.' },
  },
  create(context) {
    function check(variable: Variable): void {
      if (variable.name !== 'env' || !isHosts(variable)) return
      for (const { identifier, from } of variable.references) {
        const span = spanIn(from)
        if (!span || !isDeeper(span.scope, variable.scope) || isWritten(identifier)) continue
        const { parent } = identifier
        const isShorthand = parent.type === 'Property' && parent['shorthand'] === true
        context.report({
          node: identifier,
          messageId: 'useSpan',
          data: { span: span.name },
          fix: (fixer) => fixer.replaceText(identifier, `${isShorthand ? 'env: ' : ''}${span.name}.env`),
        })
      }
    }
    return {
      'Program:exit'() {
        for (const scope of context.sourceCode.scopeManager.scopes)
          for (const variable of scope.variables) check(variable)
      },
    }
  },
}

/** A parameter, or the env that a module of the host's exports. */
function isHosts({ defs }: Variable): boolean {
  const [definition] = defs
  if (definition?.type === 'Parameter') return true
  const source = definition?.node.parent?.['source'] as Node | undefined
  return definition?.type === 'ImportBinding' && source?.['value'] === 'cloudflare:workers'
}

const isDeeper = (inner: Scope, outer: Scope): boolean => inner !== outer && isWithin(inner, outer)

const isWritten = ({ parent }: Node): boolean => parent.type === 'TSTypeQuery'
