// In: nothing. Out: where this package lies, from sources and from the published bundle alike.
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder that holds `proto/` and `package.json` of the viewer. */
export const packageFolder = (): string => {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'proto', 'opentelemetry'))) {
    const up = dirname(folder)
    if (up === folder) throw new Error('clew-viewer: the folder "proto" is missing from the package')
    folder = up
  }
  return folder
}
