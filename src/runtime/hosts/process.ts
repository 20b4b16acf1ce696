// In: the process of a host that has one: Node, Bun, Deno, Lambda. Out: the little of it that adapters use.
// Must stay true: no import of Node's modules, so that every bundle loads everywhere; read when asked for.

/** What is used of Node's process. */
export interface Process {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly pid: number
  readonly versions?: Readonly<Record<string, string | undefined>>
  on(event: string, listener: () => void): unknown
  once(event: string, listener: () => void): unknown
  listenerCount(event: string): number
  kill(pid: number, signal: string): unknown
  /** Node 20.16 and later. */
  getBuiltinModule?(name: string): unknown
}

const NO_ENVIRONMENT = {}

export function hostProcess(): Process | undefined {
  return (globalThis as { process?: Process }).process
}

/** The environment variables, the same object every time; an empty one where there is no process. */
export function environment(): Readonly<Record<string, string | undefined>> {
  return hostProcess()?.env ?? NO_ENVIRONMENT
}
