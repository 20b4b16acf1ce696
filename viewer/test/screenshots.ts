// In: the checkout's traffic. Out: the pictures of the documentation, in docs/images.
// Run with `npm run screenshots -w viewer`; needs a Chromium.
import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { startViewer } from '../src/viewer.ts'
import { chromiumPath, launch } from './browser.ts'
import { checkout, type Generated, SCENARIOS, type Scenario, seeded, send, traffic } from './checkout.ts'

if (chromiumPath === undefined) process.exit(1)
const folder = fileURLToPath(new URL('../../docs/images/', import.meta.url))
mkdirSync(folder, { recursive: true })

const viewer = await startViewer({ port: 0 })
await send(viewer.url, traffic(900, Date.now() - 1_500_000, 1_480_000))
const made = {} as Record<Scenario, Generated>
const random = seeded(2024)
for (const scenario of SCENARIOS) {
  made[scenario] = checkout(scenario, Date.now() - 8_000 + Math.round(random() * 7_000), random)
  await send(viewer.url, [made[scenario]])
}
const browser = await launch()

const shoot = async (
  name: string,
  path: string,
  colorScheme: 'dark' | 'light',
  act?: (page: Page) => Promise<void>,
): Promise<void> => {
  const context = await browser.newContext({ viewport: { width: 1360, height: 800 }, colorScheme })
  const page = await context.newPage()
  await page.goto(viewer.url + path)
  await page.waitForLoadState('load')
  await page.getByRole('main').getByRole('heading').first().waitFor({ state: 'attached' })
  await act?.(page)
  // Pictures are drawn once the last answer is in.
  await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 400)))
  await page.screenshot({ path: `${folder}viewer-${name}.png` })
  await context.close()
}

await shoot('traces', '/', 'dark')
await shoot('search', '/', 'dark', async (page) => {
  await page.getByRole('combobox').pressSequentially('service.name = "payment" AND status = ERROR AND event.ex')
})
await shoot('slow', `/trace/${made['slow-inventory'].traceId}`, 'light', async (page) => {
  await page.getByRole('region', { name: 'Findings' }).getByRole('button').first().click()
})
await shoot('error', `/trace/${made['payment-timeout'].traceId}`, 'dark', (page) => page.keyboard.press('e'))
await shoot('n-plus-one', `/trace/${made['n-plus-one'].traceId}`, 'dark', async (page) => {
  await page.getByRole('button', { name: /N\+1/ }).click()
  await page.keyboard.press('Escape')
})
await shoot('services', '/services?open=payment+POST+%2Fcharge', 'light')
await shoot('errors', '/errors', 'dark')
await shoot('map', '/map', 'light')
await shoot('compare', `/compare/${made.normal.traceId}/${made['slow-inventory'].traceId}?row=5`, 'dark')
await browser.close()
await viewer.close()
