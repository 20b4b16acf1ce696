// The bridge to a host's own tracing: what it is told of our spans.
import { StatusCode } from 'clew'
import { type NativeTracing, nativeSpans } from 'clew/native'
import { expect, test } from 'vitest'
import { bench } from './harness.ts'

test('shows a host’s own tracing no secret that the export would not show', async () => {
  const told: unknown[] = []
  const tracing: NativeTracing = {
    startSpan(name) {
      told.push(name)
      return {
        isTraced: true,
        setAttribute: (key, value) => told.push([key, value]),
        setStatus: (status) => told.push(status.message),
        updateName: (name) => told.push(name),
      }
    },
  }
  const { run, idle, spans } = bench({ mirror: nativeSpans(tracing) })
  run((span) => {
    const child = span.startSpan('GET /?token=hunter2', { attributes: { 'user.password': 'hunter2', size: 3 } })
    child.updateName('POST /?token=hunter2')
    child.setStatus({ code: StatusCode.ERROR, message: 'https://me:hunter2@db.example refused' }).end()
  })
  await idle()
  expect(told).toContainEqual(['user.password', 'REDACTED'])
  expect(told).toContainEqual(['size', 3])
  expect(told).toContain('POST /?token=REDACTED')
  expect(JSON.stringify(told)).not.toContain('hunter2')
  expect(JSON.stringify(spans)).not.toContain('hunter2')
})
