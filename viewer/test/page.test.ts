// In: the checkout's traffic, and what a person does with mouse and keyboard in a real Chromium. Out: what they see.
// Must stay true: nothing is looked up behind the page's back; a person could do every step.
import { readFileSync } from 'node:fs'
import axe from 'axe-core'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startViewer, type Viewer } from '../src/viewer.ts'
import { chromiumPath, launch } from './browser.ts'
import { checkout, type Generated, SCENARIOS, type Scenario, seeded, send, traffic } from './checkout.ts'

const made = {} as Record<Scenario, Generated>
let viewer: Viewer
let browser: Browser
let context: BrowserContext
let page: Page
const complaints: string[] = []
/** Pages answer when they are ready; a busy machine takes its time. */
const eventually = <T>(look: () => Promise<T>) => expect.poll(look, { timeout: 15_000 })

const open = async (path: string): Promise<void> => {
  await page.goto(viewer.url + path)
  if (/^\/(trace|compare)\//.test(path)) await page.getByRole('treegrid').waitFor()
}
const rows = (): Promise<string[]> => page.getByRole('treegrid').getByRole('row').allInnerTexts()
const allListed = (is: (row: string, first: string) => boolean): Promise<void> =>
  eventually(async () => {
    const listed = await page.getByRole('grid').getByRole('row').allInnerTexts()
    return listed.length > 0 && listed.every((row) => is(row, listed[0]!))
  }).toBe(true)
const text = (role: 'complementary' | 'main'): Promise<string> => page.getByRole(role).innerText()

describe.skipIf(chromiumPath === undefined)('in Chromium', () => {
  beforeAll(async () => {
    viewer = await startViewer({ port: 0 })
    await send(viewer.url, traffic(120, Date.now() - 600_000, 590_000))
    const random = seeded(77)
    for (const scenario of SCENARIOS) {
      made[scenario] = checkout(scenario, Date.now() - 5_000, random)
      await send(viewer.url, [made[scenario]])
    }
    browser = await launch()
  })
  afterAll(async () => {
    await browser?.close()
    await viewer?.close()
  })
  beforeEach(async () => {
    await context?.close()
    context = await browser.newContext({
      viewport: { width: 1440, height: 900 },
      colorScheme: 'dark',
      acceptDownloads: true,
    })
    context.setDefaultTimeout(10_000)
    page = await context.newPage()
    complaints.length = 0
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
    return () => expect(complaints).toEqual([])
  })

  it('a person finds the slow query: slowest first, open it, read what stands out, look at the culprit', async () => {
    await open('/')
    await page.getByRole('combobox', { name: 'Search traces' }).fill('root.status != ERROR')
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Slowest' }).click()
    await allListed((row, first) => !row.includes('failed') && /\d s\n/.test(first))
    await page.getByRole('grid', { name: 'Traces' }).getByRole('row').first().click()
    const finding = page.getByRole('region', { name: 'Findings' }).getByRole('button').first()
    expect(await finding.innerText()).toMatch(/9\d % of the time is SELECT stock in inventory/)
    await finding.click()
    const panel = await text('complementary')
    expect(panel).toContain('SELECT stock')
    expect(panel).toContain('WHERE lower(sku) = ?')
    expect(panel).toContain('500000')
    expect(await page.getByRole('treegrid').getByRole('row', { selected: true }).innerText()).toContain('SELECT stock')
  })

  it('a person finds why a payment failed, by keyboard alone', async () => {
    await open('/')
    await page.getByRole('grid', { name: 'Traces' }).waitFor()
    await page.keyboard.press('/')
    await page.keyboard.type('service.name = "pay')
    await page.getByRole('option', { name: '"payment"' }).waitFor()
    await page.keyboard.press('Tab')
    await page.keyboard.type(' AND status = ERROR')
    await page.keyboard.press('Enter')
    await allListed((row) => row.includes('failed'))
    await page.keyboard.press('Escape')
    await page.keyboard.press('j')
    await page.keyboard.press('Enter')
    await page.getByRole('treegrid').waitFor()
    await page.keyboard.press('Escape')
    await page.keyboard.press('e')
    const panel = await text('complementary')
    expect(panel).toContain('POST cards.example')
    expect(panel).toContain('TimeoutError the card processor did not answer within 3000 ms')
    expect(panel).toContain('payment/src/index.ts:41:13')
    // The link to this very view shows it again.
    const address = page.url()
    await page.goto('about:blank')
    await page.goto(address)
    expect(await text('complementary')).toContain('POST cards.example')
  })

  it('a box on the plot selects the traces inside it', async () => {
    await open('/')
    const plot = page.getByRole('img', { name: /traces by time and duration/ })
    const frame = (await plot.boundingBox())!
    await page.mouse.move(frame.x + 60, frame.y + 12)
    await page.mouse.down()
    await page.mouse.move(frame.x + frame.width - 160, frame.y + 70, { steps: 5 })
    await page.mouse.up()
    const selection = page.getByRole('button', { name: /✕$/ })
    await selection.waitFor()
    await eventually(async () => Number((await page.locator('.bar p b').innerText()).trim())).toBeLessThan(60)
    for (const row of await page.getByRole('grid').getByRole('row').allInnerTexts()) expect(row).toMatch(/\d s\b/)
    await selection.click()
    await eventually(async () => page.locator('.bar p b').innerText()).toBe('126')
  })

  it('the waterfall stands by parent and time, with logs in place', async () => {
    await open(`/trace/${made['slow-inventory'].traceId}`)
    const lines = (await rows()).map((line) => line.replace(/\s+/g, ' '))
    expect(lines.map((line) => line.match(/(POST|GET|SELECT|INFO|WARN)[^\d]*/)?.[0].trim())).toEqual([
      'POST /checkout',
      'POST orders',
      'POST /orders',
      'INFO log order received from user-',
      'GET inventory',
      'GET /stock/:sku',
      'WARN log the query read',
      'SELECT stock',
      'POST fraud',
      'POST /score',
      'POST payment',
      'POST /charge',
      'INFO log charged',
      'POST cards.example',
      'POST notify.example',
    ])
  })

  it('folds and unfolds, by keyboard and by mouse', async () => {
    await open(`/trace/${made.normal.traceId}`)
    const all = (await rows()).length
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('ArrowLeft')
    await eventually(async () => (await rows()).length).toBe(1)
    await page.keyboard.press('ArrowRight')
    await eventually(async () => (await rows()).length).toBe(all)
    await page.getByRole('button', { name: 'Fold all' }).click()
    await eventually(async () => (await rows()).length).toBeLessThan(all)
  })

  it.each([
    ['n-plus-one', /SELECT stock ran 12 times under GET \/stock\/:sku/],
    ['skewed', /clock of inventory is at least .* behind that of orders/],
    ['normal', /ran one after another/],
    ['payment-timeout', /It went up to the root: payment → orders → gateway/],
  ] as const)('says what stands out in %s', async (scenario, expected) => {
    await open(`/trace/${made[scenario].traceId}`)
    const findings = page.getByRole('region', { name: 'Findings' })
    await findings.waitFor()
    const more = findings.getByRole('button', { name: /^\d+ more$/ })
    if ((await more.count()) > 0) await more.click()
    expect(await findings.innerText()).toMatch(expected)
  })

  it('an attribute becomes a search', async () => {
    await open(`/trace/${made['fraud-declined'].traceId}`)
    await page.getByRole('row', { name: /POST \/score/ }).click()
    await page.getByRole('link', { name: 'Find traces with this fraud.verdict' }).click()
    expect(await page.getByRole('combobox').inputValue()).toBe('fraud.verdict = "declined"')
    await eventually(async () => page.locator('.bar p b').innerText()).toMatch(/^(?!126$)\d+$/)
  })

  it('a pinned span is compared with another', async () => {
    await open(`/trace/${made['n-plus-one'].traceId}`)
    await page.getByRole('row', { name: /POST payment/ }).click()
    await page.keyboard.press('p')
    await page.getByRole('row', { name: /POST fraud/ }).click()
    expect(await text('complementary')).toMatch(/server.address\s+fraud\s+pinned payment/)
  })

  it('two traces stand side by side, the difference named', async () => {
    await open(`/compare/${made.normal.traceId}/${made['slow-inventory'].traceId}`)
    const first = page.getByRole('region', { name: 'Largest differences' }).getByRole('button').first()
    expect(await first.innerText()).toMatch(/SELECT stock in inventory took [\d.]+ s more in B/)
    await first.click()
    expect(await text('complementary')).toMatch(/cloudflare.d1.response.rows_read\s+1\s+500000/)
  })

  it('services, errors and map say what they know', async () => {
    await open('/services')
    await page.getByRole('button', { name: /payment POST \/charge/ }).click()
    await page.getByRole('img', { name: 'Latency over time' }).waitFor()
    await open('/errors')
    await page.getByRole('list', { name: 'Where errors began' }).getByText('TimeoutError').waitFor()
    await open('/map')
    await page.getByRole('link', { name: /cards.example/ }).waitFor()
  })

  it('a trace that arrives appears by itself', async () => {
    await open('/?q=user.id+%3D+user-live')
    await page.getByText('Nothing matches').waitFor()
    const arriving = checkout('normal', Date.now(), seeded(4242))
    const body = JSON.stringify(arriving.traces[0]).replace(/user-\d+/g, 'user-live')
    await fetch(`${viewer.url}/v1/traces`, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
    await page.getByRole('grid').getByRole('row').first().waitFor()
  })

  it('a mistake in a query is shown where it is', async () => {
    await open(`/?q=${encodeURIComponent('duration > fast')}`)
    const alert = page.getByRole('alert')
    expect(await alert.innerText()).toContain('a duration needs a unit')
    expect(await alert.locator('mark').innerText()).toBe('fast')
    complaints.length = 0
  })

  it('a trace shared as a file opens without a server', async () => {
    await open(`/trace/${made['payment-timeout'].traceId}`)
    const waiting = page.waitForEvent('download')
    await page.getByRole('link', { name: 'Share as a file' }).click()
    const file = await (await waiting).path()
    const html = readFileSync(file, 'utf8')
    expect(html).not.toMatch(/(src|href)="(https?:)?\/\//)
    const alone = await browser.newContext({ offline: true })
    const opened = await alone.newPage()
    await opened.setContent(html)
    await opened.getByRole('row', { name: /POST cards.example/ }).click()
    expect(await opened.getByRole('complementary').innerText()).toContain('TimeoutError')
    await alone.close()
  })

  it('what a span says stays text, in the page and in the file', async () => {
    const hostile = '</script><script>window.owned = 1</script><img src=x onerror="window.owned=1">'
    const traceId = 'bad0bad0bad0bad0bad0bad0bad0bad0'
    const span = {
      traceId,
      spanId: 'bad0bad0bad0bad0',
      name: hostile,
      startTimeUnixNano: '1790000000000000000',
      endTimeUnixNano: '1790000001000000000',
      attributes: [{ key: hostile, value: { stringValue: hostile } }],
    }
    await fetch(`${viewer.url}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] }),
    })
    await open(`/trace/${traceId}?span=bad0bad0bad0bad0`)
    expect(await text('complementary')).toContain(hostile)
    const html = await (await fetch(`${viewer.url}/api/traces/${traceId}/html`)).text()
    const opened = await context.newPage()
    await opened.setContent(html)
    await opened.getByRole('treegrid').waitFor()
    for (const tab of [page, opened]) expect(await tab.evaluate(() => 'owned' in window)).toBe(false)
  })

  it('5,000 spans of one trace are walked through, a few hundred elements at a time', async () => {
    const traceId = '5000500050005000500050005000cafe'
    const id = (i: number): string => (i + 1).toString(16).padStart(16, '0')
    const spans = Array.from({ length: 5000 }, (_, i) => ({
      ...{ traceId, spanId: id(i), parentSpanId: i === 0 ? '' : id(Math.floor((i - 1) / 8)), name: `step ${i}` },
      ...{
        startTimeUnixNano: String(1790000000000000000n + BigInt(i) * 1000000n),
        endTimeUnixNano: String(1790000006000000000n - BigInt(i) * 1000n),
      },
    }))
    await fetch(`${viewer.url}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] }),
    })
    await open(`/trace/${traceId}`)
    const grid = page.getByRole('treegrid')
    await grid.waitFor()
    expect(await grid.getAttribute('aria-rowcount')).toBe('5000')
    expect(await grid.getByRole('row').count()).toBeLessThan(100)
    await page.keyboard.press('End')
    await eventually(async () => (await rows()).at(-1)).toContain('step')
    expect(await page.getByRole('row', { selected: true }).count()).toBe(1)
  })

  it.each([
    ['dark', '/'],
    ['light', '/'],
    ['dark', '/trace/'],
    ['light', '/trace/'],
    ['light', '/services'],
    ['dark', '/errors'],
    ['light', '/errors'],
    ['dark', '/map'],
    ['light', '/compare/'],
  ])('%s %s has roles, names and contrast', async (colorScheme, path) => {
    await page.emulateMedia({ colorScheme: colorScheme as 'dark' | 'light' })
    const where =
      path === '/trace/'
        ? `/trace/${made['payment-timeout'].traceId}?span=${viewer.trace(made['payment-timeout'].traceId)!.spans.at(-1)!.spanId}`
        : path === '/compare/'
          ? `/compare/${made.normal.traceId}/${made['slow-inventory'].traceId}`
          : path
    await open(where)
    await page
      .getByRole(
        path === '/'
          ? 'grid'
          : path === '/services'
            ? 'table'
            : path === '/errors'
              ? 'list'
              : path === '/map'
                ? 'group'
                : 'treegrid',
      )
      .first()
      .waitFor()
    await page.evaluate(axe.source)
    const { violations } = await page.evaluate(async () => (window as unknown as { axe: typeof axe }).axe.run())
    expect(
      violations.map(
        ({ id, nodes }) =>
          `${id}: ${nodes
            .slice(0, 4)
            .map((node) => `${node.target.join(' ')} ${node.any[0]?.message ?? ''}`)
            .join(' | ')}`,
      ),
    ).toEqual([])
  })

  it('what is missing, open, folded or linked is shown, and links are followed', async () => {
    const traceId = 'feed0000feed0000feed0000feed0000'
    const span = (id: string, more: object): object => ({
      ...{ traceId, spanId: `feed00000000000${id}`, name: `span ${id}` },
      ...{ startTimeUnixNano: '1790000000000000000', endTimeUnixNano: '1790000000100000000', ...more },
    })
    const spans = [
      span('1', { name: 'root' }),
      span('2', { parentSpanId: 'feed00000000dead', name: 'orphan' }),
      span('3', {
        parentSpanId: 'feed000000000001',
        endTimeUnixNano: '0',
        attributes: [{ key: 'clew.unfinished', value: { boolValue: true } }],
      }),
      span('4', {
        parentSpanId: 'feed000000000001',
        attributes: [{ key: 'clew.collapsed.count', value: { intValue: '40' } }],
      }),
      span('5', {
        parentSpanId: 'feed000000000001',
        links: [{ traceId: made.normal.traceId, spanId: viewer.trace(made.normal.traceId)!.spans[0]!.spanId }],
      }),
    ]
    await fetch(`${viewer.url}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] }),
    })
    await open(`/trace/${traceId}`)
    const shown = (await rows()).join('\n')
    expect(shown).toContain('parent feed0000… has not arrived')
    expect(shown).toContain('never ended')
    expect(shown).toContain('×40')
    await page.getByRole('row', { name: /span 5/ }).click()
    await page
      .getByRole('complementary')
      .getByRole('link', { name: new RegExp(made.normal.traceId.slice(0, 16)) })
      .click()
    await page.getByRole('heading', { level: 1, name: /POST \/checkout/ }).waitFor()
  })

  it('goes dark and light by a key, and remembers', async () => {
    await open('/')
    await page.getByRole('grid').waitFor()
    await page.keyboard.press('d')
    expect(await page.evaluate(() => document.documentElement.dataset['theme'])).toBe('light')
    await page.reload()
    expect(await page.evaluate(() => document.documentElement.dataset['theme'])).toBe('light')
  })
})
