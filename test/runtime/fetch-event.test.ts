// What a Worker's request says of itself, without a Worker.
import { workers } from 'clew/workers'
import { expect, test } from 'vitest'
import { bench } from './harness.ts'

async function attributesOf(url: string, headers: Record<string, string> = {}): Promise<unknown> {
  const { tracer, exporter } = bench()
  const kept: Promise<unknown>[] = []
  const ctx = { waitUntil: (promise: Promise<unknown>) => void kept.push(promise) }
  const worker = workers(tracer, { fetch: () => new Response('hello') })
  worker.fetch(new Request(url, { headers }), undefined, ctx as never)
  await Promise.all(kept)
  return exporter.spans[0]!.attributes
}

test('knows the colo by the ray', async () => {
  expect(await attributesOf('https://a.example/', { 'cf-ray': '230b030023ae2822-SJC' })).toMatchObject({
    'cloudflare.ray_id': '230b030023ae2822-SJC',
    'cloudflare.colo': 'SJC',
  })
  expect(await attributesOf('https://a.example/', { 'cf-ray': '230b030023ae2822' })).not.toHaveProperty([
    'cloudflare.colo',
  ])
})

test.each([
  ['https://shop.example/carts/42?x=1#top', 'https shop.example 443 /carts/42 x=1'],
  ['http://shop.example', 'http shop.example 80 / undefined'],
  ['http://127.0.0.1:8787/a%20b', 'http 127.0.0.1 8787 /a%20b undefined'],
  ['http://[::1]:8787/?', 'http [::1] 8787 / undefined'],
  ['https://shop.example/a@b/c?u=a@b:c/d', 'https shop.example 443 /a@b/c u=a@b:c/d'],
  ['https://shop.example/p?sig=s3cret&b=2', 'https shop.example 443 /p sig=REDACTED&b=2'],
])('takes %s apart as %s', async (url, parts) => {
  const found = (await attributesOf(url)) as Record<string, unknown>
  const keys = ['url.scheme', 'server.address', 'server.port', 'url.path', 'url.query']
  expect(keys.map((key) => found[key]).join(' ')).toBe(parts.replace('undefined', ''))
})
