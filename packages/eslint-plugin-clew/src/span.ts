// In: a scope. Out: the span in it, if one can be told from its name and where it comes from.
// Must stay true: an element called `span` in a web page is none; where in doubt, there is no span.
import type { Node, Scope, Variable } from './estree.ts'

const NAME = /^(?:span|\w*Span)$/

/** The innermost span that code in `scope` can name. */
export function spanIn(scope: Scope | null): Variable | undefined {
  const hidden = new Set<string>()
  for (let at = scope; at; at = at.upper) {
    const found = at.variables.find((variable) => isSpan(variable) && !hidden.has(variable.name))
    if (found) return found
    for (const { name } of at.variables) hidden.add(name)
  }
  return undefined
}

/** A parameter called `span`, or like a span and given to a traced callback; what `startSpan` returned. */
export function isSpan(variable: Variable): boolean {
  const [definition] = variable.defs
  if (!definition) return false
  const { type, node, name } = definition
  if (type === 'Parameter') return typeIsSpan(name) && (variable.name === 'span' || isFirstOfTraced(node, name))
  const init = node['init'] as Node | null | undefined
  return type === 'Variable' && NAME.test(variable.name) && methodOf(init) === 'startSpan'
}

/** The function that `enterSpan`, `continueTrace` or `traced` calls with a span of its own. */
export function isTraced(fn: Node): boolean {
  const { parent } = fn
  if (parent?.type !== 'CallExpression' || !(parent['arguments'] as Node[]).includes(fn)) return false
  const callee = parent['callee'] as Node
  return /^(?:enterSpan|continueTrace|startActiveSpan)$/.test(methodOf(parent) ?? '') || callee['name'] === 'traced'
}

function isFirstOfTraced(fn: Node, name: Node): boolean {
  return (fn['params'] as Node[])[0] === name && isTraced(fn)
}

/** Without a type, or with one that ends in `Span`: `HTMLSpanElement` is none. */
function typeIsSpan(name: Node): boolean {
  const annotation = (name['typeAnnotation'] as Node | undefined)?.['typeAnnotation'] as Node | undefined
  if (!annotation) return true
  const typeName = annotation['typeName'] as Node | undefined
  const last = (typeName?.['right'] ?? typeName) as Node | undefined
  return /Span$/.test(String(last?.['name'] ?? ''))
}

/** The name of the method that a call calls. */
export function methodOf(call: Node | null | undefined): string | undefined {
  if (call?.type !== 'CallExpression') return undefined
  const callee = call['callee'] as Node
  const property = callee['property'] as Node | undefined
  return callee.type === 'MemberExpression' && !callee['computed'] ? String(property?.['name']) : undefined
}

/** True when `inner` is `outer` or stands in it. */
export function isWithin(inner: Scope | null, outer: Scope): boolean {
  for (let at = inner; at; at = at.upper) if (at === outer) return true
  return false
}
