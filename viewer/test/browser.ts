// In: nothing. Out: a real Chromium, or undefined, with a message, where none is installed.
// Must stay true: talks to this machine alone; every page has a profile of its own.
import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

const PLACES = [
  process.env['CHROMIUM'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
]

export const chromiumPath: string | undefined = PLACES.find((path) => path !== undefined && existsSync(path))

if (chromiumPath === undefined)
  console.log('page: no Chromium was found (set CHROMIUM to its path): the tests of the page are skipped')

export const launch = (): Promise<Browser> =>
  chromium.launch({
    executablePath: chromiumPath!,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
