import { build } from 'esbuild'
import { expect, test } from 'vitest'

/** What a bundle that imports these names from the front door carries of src/sampling. */
const carried = async (names: string): Promise<readonly string[]> => {
  const { metafile } = await build({
    stdin: { contents: `export { ${names} } from './src/sampling.ts'`, resolveDir: process.cwd() },
    bundle: true,
    minify: true,
    format: 'esm',
    metafile: true,
    write: false,
  })
  return Object.entries(Object.values(metafile.outputs)[0]!.inputs)
    .filter(([path, { bytesInOutput }]) => path.startsWith('src/sampling/') && bytesInOutput > 0)
    .map(([path]) => path.slice('src/sampling/'.length, -'.ts'.length))
    .sort()
}

const OF_EVERY_POLICY = ['ot', 'policy', 'threshold']

test.each([
  ['alwaysOn', ['always']],
  ['parentBased, alwaysOn', ['always', 'ot', 'parent-based', 'threshold']],
  ['traceIdRatio', ['ot', 'ratio', 'threshold']],
  ['rateLimited', ['always', 'check', 'ot', 'rate-limited', 'token-bucket']],
  ['errors', ['conditions', ...OF_EVERY_POLICY]],
  ['anyOf', ['combine', ...OF_EVERY_POLICY]],
  ['headSampled', ['share', ...OF_EVERY_POLICY]],
  ['slowest', ['check', 'key', 'quantile-sketch', 'slowest', ...OF_EVERY_POLICY]],
  ['adaptive', ['adaptive', 'adaptive-rates', 'check', 'key', ...OF_EVERY_POLICY]],
  ['tracesPerSecond', ['check', 'limits', 'token-bucket', ...OF_EVERY_POLICY]],
  ['collapse', ['check', 'collapse']],
  ['cap', ['cap', 'check', 'span-size']],
])('a bundle that uses %s carries nothing else', async (names, expected) => {
  expect(await carried(names)).toEqual([...expected].sort())
})
