// In: nothing. Out: the page, as one HTML text with its script and style inside.
// Must stay true: a published package brings the page built; in a checkout it is built on the first request, and again when
// its sources are newer, so that starting never waits for a build.
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { packageFolder } from '../place.ts'

export interface Page {
  index(): Promise<string>
}

const newest = async (folder: string): Promise<number> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const times = await Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map(async (entry) => (await stat(join(entry.parentPath, entry.name))).mtimeMs),
  )
  return Math.max(0, ...times)
}

const builtAt = async (file: string): Promise<number> => (existsSync(file) ? (await stat(file)).mtimeMs : 0)

export const page = (folder: string = packageFolder()): Page => {
  const built = join(folder, 'dist', 'ui', 'index.html')
  const sources = join(folder, 'src')
  let building: Promise<string> | undefined

  const build = async (): Promise<string> => {
    if (existsSync(sources) && (await newest(sources)) > (await builtAt(built))) {
      await mkdir(join(folder, 'dist'), { recursive: true })
      const { build: bundle } = await import('vite')
      await bundle({ configFile: join(folder, 'vite.config.ts'), logLevel: 'error' })
    }
    return readFile(built, 'utf8')
  }

  return {
    index() {
      building ??= build().catch((error: unknown) => {
        building = undefined
        throw error
      })
      return building
    },
  }
}
