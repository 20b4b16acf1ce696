// In: whatever writes to the console. Out: the same, and a list of it. Before anything of clew's is evaluated.
export const written: unknown[][] = []

for (const level of ['debug', 'log', 'info', 'warn', 'error'] as const) {
  const { [level]: own } = console
  console[level] = (...args: unknown[]) => {
    written.push([level, ...args.map(String)])
    own.apply(console, args)
  }
}
