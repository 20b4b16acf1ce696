// In: hosts. Out: for each the promises it kept, and what broke the others.
// Must stay true: a host that is missing or does not start keeps no promise.
import type { Host } from './host.ts'
import { promises } from './promises.ts'
import { World } from './world.ts'

export interface Outcome {
  readonly host: string
  /** Why it did not run at all. */
  readonly missing?: string
  /** By promise; absent: kept, or without meaning there. */
  readonly broken: Readonly<Record<string, string>>
  readonly without?: Host['without']
}

export async function runHost(host: Host): Promise<Outcome> {
  if (host.missing !== undefined) return { host: host.name, missing: host.missing, broken: {} }
  const world = await World.start()
  const broken: Record<string, string> = {}
  try {
    const running = await host.start(world)
    for (const { name, keep } of promises) {
      if (host.without?.[name]) continue
      try {
        await keep(running, world)
      } catch (error) {
        broken[name] = String((error as Error).message ?? error)
      }
    }
    await running.stop()
  } catch (error) {
    return { host: host.name, missing: `did not start: ${error}`, broken: {} }
  } finally {
    await world.close()
  }
  return { host: host.name, broken, ...(host.without && { without: host.without }) }
}

/** Promise by runtime, as a Markdown table: kept, broken, or not run (and so for what means nothing there). */
export function table(outcomes: readonly Outcome[]): string {
  const rows = promises.map(({ name }) => [
    name,
    ...outcomes.map(({ missing, broken, without }) =>
      missing !== undefined || without?.[name] ? '–' : broken[name] ? '**broken**' : '✓',
    ),
  ])
  const lines = [['promise', ...outcomes.map(({ host }) => host)], ['---', ...outcomes.map(() => ':-:')], ...rows]
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

const MARKS = /(<!-- conformance -->\n)[\s\S]*?(<!-- \/conformance -->)/

/** The text between the marks of a document, or nothing where it has none. */
export function tableIn(document: string): string | undefined {
  return MARKS.exec(document)?.[0]
    .replace(MARKS, (all, open, close) => all.slice(open.length, -close.length))
    .trim()
}

export function withTable(document: string, text: string): string {
  return document.replace(MARKS, (_, open, close) => `${open}\n${text}\n\n${close}`)
}
