// In: a runtime. Out: the program running in it, and how to ask it something.
// Must stay true: the suite knows of a runtime only what is here.
import type { World } from './world.ts'

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface RunningHost {
  /** Where it serves HTTP; absent where it does not. */
  readonly url?: string
  /** Sends a request to the program. One that ends in an error of the program's answers 500. */
  request(path: string, headers?: Readonly<Record<string, string>>): Promise<Answer>
  stop(): Promise<void>
}

export interface Host {
  /** As the table names it. */
  readonly name: string
  /** Why it cannot run here; absent when it can. */
  readonly missing?: string
  /** Promises that mean nothing there, by name, and why. */
  readonly without?: Readonly<Record<string, string>>
  start(world: World): Promise<RunningHost>
}

/** Asks a program that serves HTTP. */
export async function requestTo(
  base: string,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const response = await fetch(base + path, { headers })
  const { status } = response
  const cookies = response.headers.getSetCookie()
  return {
    status,
    headers: {
      ...Object.fromEntries(response.headers),
      ...(cookies.length > 0 && { 'set-cookie': cookies.join('|') }),
    },
    body: await response.text(),
  }
}
