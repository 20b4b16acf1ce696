// The whole gate, in the order of CI: types, lint and format, tests, package, sizes.
// In: nothing. Out: what failed, and a last line `N passed, N failed`. Exit code 1 when anything failed.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const folder = mkdtempSync(join(tmpdir(), 'clew-check-'))
const report = join(folder, 'tests.json')

/** Each is a program of the project's own dependencies. */
const STEPS: readonly (readonly [name: string, ...command: string[]])[] = [
  ['types', 'tsc', '-p', 'tsconfig.json'],
  ['types of the examples, as Workers', 'tsc', '-p', 'examples'],
  ['types of the Cloudflare tests, as Workers', 'tsc', '-p', 'test/cloudflare/app'],
  ['types of the viewer', 'tsc', '-p', 'viewer'],
  ['types of the library alone', 'tsc', '-p', 'tsconfig.build.json', '--noEmit'],
  ['lint and format', 'biome', 'check', '--error-on-warnings', '.'],
  ['runtimes', 'node', 'scripts/runtimes.ts'],
  ['tests', 'vitest', 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
  ['build', 'tsc', '-p', 'tsconfig.build.json'],
  ['package', 'publint', '--strict'],
  ['package types', 'attw', '--pack', '.', '--profile', 'esm-only'],
  ['sizes', 'node', 'scripts/size.ts'],
]

let passed = 0
let failed = 0
let skipped = 0
for (const [name, command, ...args] of STEPS) {
  const started = performance.now()
  console.log(`\n▶ ${name}`)
  const { status } = spawnSync(join(root, 'node_modules/.bin', command!), args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, NO_COLOR: '1', PATH: `${join(root, 'node_modules/.bin')}:${process.env['PATH']}` },
  })
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  console.log(`${status === 0 ? '✓' : '✗'} ${name} (${seconds} s)`)
  if (name !== 'tests') status === 0 ? passed++ : failed++
  else {
    const counts = countsOf(report)
    passed += counts.passed
    failed += counts.failed || Number(status !== 0)
    skipped += counts.skipped
  }
}
rmSync(folder, { recursive: true })
console.log(`\n${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''}`)
process.exitCode = failed ? 1 : 0

function countsOf(path: string): { passed: number; failed: number; skipped: number } {
  try {
    const { numPassedTests, numFailedTests, numPendingTests } = JSON.parse(readFileSync(path, 'utf8'))
    return { passed: numPassedTests, failed: numFailedTests, skipped: numPendingTests }
  } catch {
    // The runner died before it could report: its exit code counts.
    return { passed: 0, failed: 0, skipped: 0 }
  }
}
