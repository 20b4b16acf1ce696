// In: the OpenTelemetry JS exporters, and the Collector where one is built. Out: their spans and logs, as they meant them.
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-http'
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { OTLPTraceExporter as ProtoExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs'
import { SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startViewer, type Viewer } from '../src/viewer.ts'
import { checkout, seeded } from './checkout.ts'

let viewer: Viewer
beforeAll(async () => {
  viewer = await startViewer({ port: 0 })
})
afterAll(() => viewer.close())

describe('receives from OpenTelemetry JS', () => {
  it.each([
    ['JSON', JsonExporter, 'none'],
    ['JSON, gzip', JsonExporter, 'gzip'],
    ['protobuf', ProtoExporter, 'none'],
    ['protobuf, gzip', ProtoExporter, 'gzip'],
  ] as const)('%s', async (_name, Exporter, compression) => {
    const exporter = new Exporter({ url: `${viewer.url}/v1/traces`, compression: compression as never })
    const provider = new TracerProvider({
      resource: resourceFromAttributes({ 'service.name': 'sender', 'host.cpus': 4 }),
      spanProcessors: [new SimpleSpanProcessor({ exporter } as never)],
    } as never)
    const tracer = provider.getTracer('senders', '1.2.3')
    const parent = tracer.startSpan('parent', {
      kind: SpanKind.SERVER,
      attributes: { 'http.route': '/x', count: 7, ratio: 0.5, flags: [true, false] },
    })
    const child = tracer.startSpan(
      'child',
      { kind: SpanKind.CLIENT, links: [{ context: parent.spanContext(), attributes: { why: 'test' } }] },
      trace.setSpan(context.active(), parent),
    )
    child.addEvent('retry', { attempt: 2 })
    child.recordException(new TypeError('no such thing'))
    child.setStatus({ code: SpanStatusCode.ERROR, message: 'gave up' })
    child.end()
    parent.end()
    await provider.forceFlush()
    await provider.shutdown()
    const kept = viewer.trace(parent.spanContext().traceId)!
    expect(kept.resources[0]).toMatchObject({ 'service.name': 'sender', 'host.cpus': 4 })
    expect(kept.scopes[0]).toMatchObject({ name: 'senders', version: '1.2.3' })
    const [server, client] = kept.spans.toSorted((a, b) => b.name.localeCompare(a.name))
    expect(
      [server!, client!].map(({ name, kind, status, parentSpanId }) => ({ name, kind, status, parentSpanId })),
    ).toEqual([
      { name: 'parent', kind: 'server', status: 'unset', parentSpanId: '' },
      { name: 'child', kind: 'client', status: 'error', parentSpanId: parent.spanContext().spanId },
    ])
    expect(server!.attributes).toMatchObject({ 'http.route': '/x', count: 7, ratio: 0.5, flags: [true, false] })
    expect(client).toMatchObject({
      statusMessage: 'gave up',
      events: [
        { name: 'retry', attributes: { attempt: 2 } },
        { name: 'exception', attributes: { 'exception.type': 'TypeError', 'exception.message': 'no such thing' } },
      ],
      links: [
        { traceId: parent.spanContext().traceId, spanId: parent.spanContext().spanId, attributes: { why: 'test' } },
      ],
    })
  })

  it('logs, in place', async () => {
    const provider = new LoggerProvider({
      resource: resourceFromAttributes({ 'service.name': 'sender' }),
      processors: [
        new SimpleLogRecordProcessor({ exporter: new OTLPLogExporter({ url: `${viewer.url}/v1/logs` }) } as never),
      ],
    })
    const spanContext = { traceId: 'c0ffee00c0ffee00c0ffee00c0ffee00', spanId: 'c0ffee00c0ffee00', traceFlags: 1 }
    provider.getLogger('senders').emit({
      severityNumber: 13,
      body: { text: 'low on stock', left: 2 },
      attributes: { sku: 'x' },
      context: trace.setSpanContext(context.active(), spanContext),
    } as never)
    await provider.forceFlush()
    await provider.shutdown()
    expect(viewer.trace(spanContext.traceId)!.logs).toMatchObject([
      {
        spanId: spanContext.spanId,
        severity: 13,
        body: { text: 'low on stock', left: 2 },
        attributes: { sku: 'x' },
        service: 'sender',
      },
    ])
  })
})

const collector = process.env['OTELCOL'] ?? join(homedir(), '.cache', 'otelcol', 'otelcol')
const skip = !existsSync(collector)
if (skip) console.log('senders: no OpenTelemetry Collector was built (set OTELCOL to its path): its test is skipped')

it.skipIf(skip)('receives from the Collector what the Collector received', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'clew-collector-'))
  const port = 20_000 + (process.pid % 20_000)
  const config = join(folder, 'config.yaml')
  writeFileSync(
    config,
    `receivers: {otlp: {protocols: {http: {endpoint: "127.0.0.1:${port}"}}}}
exporters: {otlp_http: {endpoint: "${viewer.url}", compression: gzip}}
service: {telemetry: {metrics: {level: none}}, pipelines: {traces: {receivers: [otlp], exporters: [otlp_http]}, logs: {receivers: [otlp], exporters: [otlp_http]}}}
`,
  )
  const running = spawn(collector, ['--config', config], { stdio: 'ignore' })
  try {
    const made = checkout('payment-timeout', Date.now(), seeded(9))
    const whole = new Promise<void>((resolve) => {
      const stop = viewer.onTrace((arrived) => {
        if (arrived.traceId !== made.traceId || arrived.spans.length < made.spans) return
        stop()
        resolve()
      })
    })
    const headers = { 'content-type': 'application/json' }
    for (const body of made.traces) {
      for (let left = 100; left > 0; left--) {
        const response = await fetch(`http://127.0.0.1:${port}/v1/traces`, {
          method: 'POST',
          headers,
          body: JSON.stringify(body),
        }).catch(() => undefined)
        if (response?.ok) break
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
    }
    await whole
    expect(viewer.trace(made.traceId)!.spans).toHaveLength(made.spans)
  } finally {
    running.kill()
    rmSync(folder, { recursive: true })
  }
})
