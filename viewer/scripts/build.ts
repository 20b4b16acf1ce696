// In: the sources. Out: `dist/`: the page as one HTML file, the server and the command line as two modules for Node.
// Must stay true: dependencies stay imports; what comes from the library next door is bundled, so the package stands alone.
import { fileURLToPath } from 'node:url'
import { build as bundle } from 'esbuild'
import { build } from 'vite'

const folder = fileURLToPath(new URL('..', import.meta.url))

await build({ configFile: `${folder}vite.config.ts`, logLevel: 'warn' })
await bundle({
  entryPoints: { viewer: `${folder}src/viewer.ts`, cli: `${folder}src/cli/cli.ts` },
  outdir: `${folder}dist`,
  bundle: true,
  splitting: true,
  platform: 'node',
  format: 'esm',
  target: 'node22',
  packages: 'external',
  logLevel: 'warning',
})
