// In: a use of the global fetch. Out: a report, and `span.fetch` in its place where a span is at hand.
// Must stay true: a fetch of the program's own is left alone; a fix changes nothing but that the call is traced.
import type { Identifier, Node, Rule } from './estree.ts'
import { spanIn } from './span.ts'

const GLOBALS = new Set(['globalThis', 'self', 'window'])

export const noGlobalFetch: Rule = {
  meta: {
    type: 'problem',
    docs: {
      description: 'Fetch through the span, so that the call is traced and carries the trace on',
      url: 'docs/lint.md#no-global-fetch',
    },
    fixable: 'code',
    schema: [
      {
        type: 'object',
        properties: {
          /** True: only where a span is at hand. Default false: anywhere. */
          onlyWithSpan: { type: 'boolean' },
        },
        additionalProperties: false,
      },
    ],
    messages: {
      useSpan: 'The global fetch is not traced: use {{span}}.fetch.',
      noSpan: 'The global fetch is not traced: take a span as the first parameter and use span.fetch.',
    },
  },
  create(context) {
    const { onlyWithSpan = false } = (context.options[0] ?? {}) as { onlyWithSpan?: boolean }

    function check(identifier: Identifier, node: Node): void {
      const span = spanIn(context.sourceCode.getScope(identifier))
      if (!span) {
        if (!onlyWithSpan) context.report({ node, messageId: 'noSpan' })
        return
      }
      const { parent } = node
      const isShorthand = parent.type === 'Property' && parent['shorthand'] === true
      context.report({
        node,
        messageId: 'useSpan',
        data: { span: span.name },
        fix: (fixer) => fixer.replaceText(node, `${isShorthand ? 'fetch: ' : ''}${span.name}.fetch`),
      })
    }

    return {
      'Program:exit'() {
        const { globalScope } = context.sourceCode.scopeManager
        if (!globalScope) return
        // Declared by the linter's configuration, or by nobody.
        const known = globalScope.set.get('fetch')
        const references = [...globalScope.through, ...(known && known.defs.length === 0 ? known.references : [])]
        for (const { identifier } of new Set(references)) {
          if (identifier.name === 'fetch' && !isTypeOf(identifier)) check(identifier, identifier)
          const { parent } = identifier
          const isMember = GLOBALS.has(identifier.name) && parent.type === 'MemberExpression' && !parent['computed']
          if (isMember && parent['object'] === identifier && (parent['property'] as Identifier).name === 'fetch')
            if (!isAssigned(parent)) check(identifier, parent)
        }
        for (const name of GLOBALS)
          for (const { identifier } of globalScope.set.get(name)?.references ?? []) {
            const { parent } = identifier
            if (references.some((each) => each.identifier === identifier)) continue
            if (parent.type === 'MemberExpression' && parent['object'] === identifier && !parent['computed'])
              if ((parent['property'] as Identifier).name === 'fetch' && !isAssigned(parent)) check(identifier, parent)
          }
      },
    }
  },
}

/** `typeof fetch` asks, in a type as in an expression, and calls nothing. */
function isTypeOf({ parent }: Identifier): boolean {
  return parent.type === 'TSTypeQuery' || (parent.type === 'UnaryExpression' && parent['operator'] === 'typeof')
}

function isAssigned(node: Node): boolean {
  return node.parent.type === 'AssignmentExpression' && node.parent['left'] === node
}
