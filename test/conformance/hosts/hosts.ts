// In: nothing. Out: every runtime of the suite, in the order of the table.
import { join } from 'node:path'
import { ROOT } from '../../runtimes/bundle.ts'
import { inRuntimes, NOT_INSTALLED } from '../../runtimes/installed.ts'
import type { Host } from '../host.ts'
import { chromium } from './chromium.ts'
import { edge } from './edge.ts'
import { lambda } from './lambda.ts'
import { type Launch, startProcess } from './process.ts'
import { workerd } from './workerd.ts'

const node20 = inRuntimes('node-20/bin/node')
const denoBinary = inRuntimes('deno/deno')
const bunBinary = inRuntimes('bun/bin/bun.exe')
const node24 = join(ROOT, 'node_modules/.bin/node')

const runs =
  (command: string) =>
  (file: string): Launch => ({ command, args: [file] })

export const hosts: readonly Host[] = [
  workerd('workerd', 'miniflare', '2026-11-01', []),
  workerd('workerd, nodejs_compat', 'miniflare', '2026-11-01', ['nodejs_compat']),
  workerd('workerd 2026-07', 'miniflare-2026-07', '2023-01-01', []),
  {
    name: 'Node 20',
    ...(!node20 && { missing: NOT_INSTALLED }),
    start: (world) => startProcess(world, 'node.ts', runs(node20!)),
  },
  { name: 'Node 24', start: (world) => startProcess(world, 'node.ts', runs(node24)) },
  { name: 'Node 24, http', start: (world) => startProcess(world, 'node-http.ts', runs(node24)) },
  {
    name: 'Deno',
    ...(!denoBinary && { missing: NOT_INSTALLED }),
    start: (world) =>
      startProcess(world, 'deno.ts', (file) => ({
        command: denoBinary!,
        args: ['run', '--allow-net', '--allow-env', '--no-lock', '--no-check', file],
        env: { DENO_NO_UPDATE_CHECK: '1' },
      })),
  },
  {
    name: 'Bun',
    ...(!bunBinary && { missing: NOT_INSTALLED }),
    start: (world) => startProcess(world, 'bun.ts', runs(bunBinary!)),
  },
  edge,
  lambda,
  chromium,
]
