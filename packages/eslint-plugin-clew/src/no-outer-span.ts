// In: a traced callback that uses the span around it instead of its own. Out: a report; a fix where only depth changes.
// Must stay true: what names the outer span on purpose, to link to it, is left alone; a fix never moves an attribute from
// one span to another.
import type { Identifier, Node, Reference, Rule, Scope, Variable } from './estree.ts'
import { isSpan, isTraced, isWithin } from './span.ts'

/** What only chooses a parent: with the inner span it is the same, one level deeper. */
const ONLY_DEPTH = /^(?:fetch|env|enterSpan|startSpan|continueTrace|carry|tracer|log|logFields)$/
/** What names the outer span on purpose. */
const ON_PURPOSE = /^(?:spanContext|waitUntil)$/

export const noOuterSpan: Rule = {
  meta: {
    type: 'problem',
    docs: {
      description: 'Use the span that a traced callback is given, not the one around it',
      url: 'docs/lint.md#no-outer-span',
    },
    fixable: 'code',
    hasSuggestions: true,
    schema: [],
    messages: {
      useInner: 'This is the span around the callback: use {{inner}}, which the callback is given.',
      takeInner: 'This is the span around the callback: take the one it is given, as its first parameter.',
      replace: 'Use {{inner}}.',
      take: 'Take {{inner}} as the first parameter.',
    },
  },
  create(context) {
    const { scopeManager, text } = context.sourceCode

    /** Where the outer spans are used in a callback, but not in a traced callback inside of it. */
    function uses(scope: Scope): Reference[] {
      const found: Reference[] = []
      const visit = (at: Scope): void => {
        if (at !== scope && isTraced(at.block)) return
        for (const reference of at.references) if (isOuter(reference.resolved, scope)) found.push(reference)
        for (const child of at.childScopes) visit(child)
      }
      visit(scope)
      return found.filter(({ identifier }) => !ON_PURPOSE.test(memberOf(identifier)))
    }

    function check(scope: Scope): void {
      const { block } = scope
      const [parameter] = block['params'] as Node[]
      const outer = uses(scope)
      if (parameter) {
        if (parameter.type !== 'Identifier') return
        const inner = (parameter as Identifier).name
        for (const { identifier } of outer) {
          const fix = (fixer: Parameters<NonNullable<Parameters<typeof context.report>[0]['fix']>>[0]) =>
            fixer.replaceText(identifier, inner)
          const isSafe = ONLY_DEPTH.test(memberOf(identifier))
          context.report({
            node: identifier,
            messageId: 'useInner',
            data: { inner },
            ...(isSafe ? { fix } : { suggest: [{ messageId: 'replace', data: { inner }, fix }] }),
          })
        }
        return
      }
      const names = new Set(outer.map(({ identifier }) => identifier.name))
      const isSafe = outer.every(({ identifier }) => ONLY_DEPTH.test(memberOf(identifier)))
      for (const [i, { identifier }] of outer.entries()) {
        const { name: inner } = identifier
        const at = parameterPlace(block, text)
        const fix = (fixer: Parameters<NonNullable<Parameters<typeof context.report>[0]['fix']>>[0]) =>
          fixer.insertTextBeforeRange([at, at], inner)
        const canFix = names.size === 1 && at >= 0
        context.report({
          node: identifier,
          messageId: 'takeInner',
          // One parameter serves all uses.
          ...(canFix && isSafe && i === 0 && { fix }),
          ...(canFix && !isSafe && { suggest: [{ messageId: 'take', data: { inner }, fix }] }),
        })
      }
    }

    return {
      'Program:exit'() {
        for (const scope of scopeManager.scopes) if (scope.type === 'function' && isTraced(scope.block)) check(scope)
      },
    }
  },
}

/** A span from around the callback. */
const isOuter = (variable: Variable | null, scope: Scope): boolean =>
  !!variable && isSpan(variable) && variable.scope !== scope && !isWithin(variable.scope, scope)

/** `fetch` in `span.fetch`; empty where the span itself is handed on. */
function memberOf({ parent, range }: Identifier): string {
  const object = parent['object'] as Node | undefined
  if (parent.type !== 'MemberExpression' || object?.range[0] !== range[0] || parent['computed']) return ''
  return (parent['property'] as Identifier).name
}

/** Between the empty parentheses of a function without parameters; -1 where they cannot be found. */
function parameterPlace(fn: Node, text: string): number {
  const body = fn['body'] as Node
  const head = text.slice(fn.range[0], body.range[0])
  const place = /\(\s*\)/.exec(head)
  return place ? fn.range[0] + place.index + 1 : -1
}
