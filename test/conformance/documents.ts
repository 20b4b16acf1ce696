// In: nothing. Out: which document shows which runtimes: the README the runtimes, docs/runtimes.md the platforms as well.
import type { Host } from './host.ts'
import { hosts } from './hosts/hosts.ts'
import { platforms } from './hosts/platforms.ts'

export const everywhere: readonly Host[] = [...hosts, ...platforms]

export const documents: Readonly<Record<string, readonly Host[]>> = {
  'README.md': hosts,
  'docs/runtimes.md': everywhere,
}
