// The app's behaviour, run with clew and without, on both lines of workerd: compared byte by byte.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { app, LINES, type Running, run } from './harness.ts'

const PATHS =
  'kv kv-error r2 d1 d1-error jobs service rpc rpc-arguments objects room room-alarm room-more flow flow-batch limit points secret cache identity throw none'.split(
    ' ',
  )

describe.each(LINES)('workerd %s', (line) => {
  let traced: Running
  let plain: Running
  beforeAll(async () => {
    ;[traced, plain] = await Promise.all([
      run(line, (collector) => app(collector, 'traced')),
      run(line, (collector) => app(collector, 'plain')),
    ])
  })
  afterAll(() => Promise.all([traced?.close(), plain?.close()]))

  it.each(PATHS)('answers /%s as it does without clew', async (path) => {
    const [with_, without] = await Promise.all([traced, plain].map(({ miniflare }) => answer(miniflare, path)))
    expect(with_).toEqual(without)
    expect(without!.status).toBe(/error|throw/.test(path) ? 500 : path === 'none' ? 404 : 200)
  })
})

async function answer(miniflare: Running['miniflare'], path: string) {
  const response = await miniflare.dispatchFetch(`http://front/${path}`)
  const headers = [...response.headers].filter(([name]) => name !== 'date')
  const body = await response.text()
  // An error page of Miniflare's prints the stack, which has our frames in it: its first line is the app's.
  return { status: response.status, headers, body: response.status === 500 ? body.split('\n')[0] : body }
}
