// In: nothing. Out: what of ESLint's and oxlint's objects is used, as types of our own.
// Must stay true: both linters have all of it; nothing is imported, so that the plugin works with every version of both.

export interface Node {
  readonly type: string
  readonly range: readonly [number, number]
  readonly parent: Node
  readonly [field: string]: unknown
}

export interface Identifier extends Node {
  readonly name: string
}

export interface Definition {
  readonly type: string
  readonly node: Node
  readonly name: Identifier
}

export interface Reference {
  readonly identifier: Identifier
  readonly resolved: Variable | null
  readonly from: Scope
  isRead(): boolean
}

export interface Variable {
  readonly name: string
  readonly defs: readonly Definition[]
  readonly references: readonly Reference[]
  readonly scope: Scope
}

export interface Scope {
  readonly type: string
  readonly block: Node
  readonly upper: Scope | null
  readonly set: ReadonlyMap<string, Variable>
  readonly through: readonly Reference[]
  readonly references: readonly Reference[]
  readonly childScopes: readonly Scope[]
  readonly variables: readonly Variable[]
}

export interface Fixer {
  replaceText(node: Node, text: string): unknown
  insertTextBeforeRange(range: readonly [number, number], text: string): unknown
}

export interface Report {
  readonly node: Node
  readonly messageId: string
  readonly data?: Record<string, string>
  readonly fix?: (fixer: Fixer) => unknown
  readonly suggest?: readonly {
    readonly messageId: string
    readonly data?: Record<string, string>
    readonly fix: (fixer: Fixer) => unknown
  }[]
}

export interface Context {
  readonly options: readonly unknown[]
  readonly sourceCode: {
    readonly text: string
    readonly scopeManager: { readonly globalScope: Scope | null; readonly scopes: readonly Scope[] }
    getScope(node: Node): Scope
  }
  report(report: Report): void
}

export interface Rule {
  readonly meta: {
    readonly type: 'problem' | 'suggestion'
    readonly docs: { readonly description: string; readonly url: string }
    readonly fixable?: 'code'
    readonly hasSuggestions?: boolean
    readonly schema: readonly object[]
    readonly messages: Record<string, string>
    readonly defaultOptions?: readonly unknown[]
  }
  create(context: Context): Record<string, (node: Node) => void>
}
