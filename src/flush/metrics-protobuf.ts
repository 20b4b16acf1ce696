// In: delta histograms. Out: OTLP/protobuf, each function under the message of opentelemetry-proto 1.11 that it writes.
// Must stay true: fields are written last to first (see bytes.ts), repeated ones too, so that they are read in order.
import { begin, byte, close, double, finish, fixed32, hex, int64, mark, nanos, utf8, varint } from './bytes.ts'
import { DELTA, type Exemplar, type Histogram, type HistogramPoint, type MetricsEncoder } from './metrics-model.ts'
import type { Attributes } from './model.ts'
import { isInt } from './value.ts'

/** `ExportMetricsServiceRequest` 1 resource_metrics: 1 resource 2 scope_metrics 3 schema_url: 1 scope 2 metrics 3 schema_url. */
export function metricsProtobuf(): MetricsEncoder {
  return {
    contentType: 'application/x-protobuf',
    encode(resource, scope, histograms) {
      begin()
      text(0x1a, resource.schemaUrl)
      const group = mark()
      text(0x1a, scope.schemaUrl ?? '')
      backwards(histograms, metric)
      const library = mark()
      text(0x12, scope.version)
      text(0x0a, scope.name)
      close(0x0a, library)
      close(0x12, group)
      const owner = mark()
      attributes(0x0a, resource.attributes)
      close(0x0a, owner)
      close(0x0a, 0)
      return finish()
    },
  }
}

/** `Metric` 1 name 2 description 3 unit 9 histogram: 1 data_points 2 aggregation_temporality */
function metric(h: Histogram): void {
  const from = mark()
  const histogram = mark()
  byte(DELTA)
  byte(0x10)
  backwards(h.points, (p) => point(p, h.bounds))
  close(0x4a, histogram)
  text(0x1a, h.unit)
  text(0x12, h.description)
  text(0x0a, h.name)
  close(0x12, from)
}

/** `HistogramDataPoint` 2 start 3 time 4 count 5 sum 6 bucket_counts 7 explicit_bounds 8 exemplars 9 attributes 11 min 12 max */
function point(p: HistogramPoint, bounds: readonly number[]): void {
  const from = mark()
  number(0x61, p.max)
  number(0x59, p.min)
  attributes(0x4a, p.attributes)
  backwards(p.exemplars, exemplar)
  const bound = mark()
  backwards(bounds, double)
  close(0x3a, bound)
  const bucket = mark()
  backwards(p.buckets, fixed64)
  close(0x32, bucket)
  number(0x29, p.sum)
  fixed64(p.count)
  byte(0x21)
  time(0x19, p.timeMs)
  time(0x11, p.startMs)
  close(0x0a, from)
}

/** `Exemplar` 2 time 3 as_double 4 span_id 5 trace_id */
function exemplar(e: Exemplar): void {
  const from = mark()
  id(0x2a, e.traceId)
  id(0x22, e.spanId)
  number(0x19, e.value)
  time(0x11, e.timeMs)
  close(0x42, from)
}

/** `KeyValue` 1 key 2 value: `AnyValue` 1 string 2 bool 3 int 4 double */
function attributes(tag: number, all: Attributes): void {
  backwards(Object.entries(all), ([key, value]) => {
    const from = mark()
    if (typeof value === 'boolean') {
      byte(value ? 1 : 0)
      byte(0x10)
    } else if (isInt(value)) {
      int64(value)
      byte(0x18)
    } else if (typeof value === 'number') number(0x21, value)
    else {
      // Written where it is empty too: an absent value is another one.
      const at = mark()
      utf8(String(value))
      close(0x0a, at)
    }
    close(0x12, from)
    text(0x0a, key)
    close(tag, from)
  })
}

function backwards<Item>(items: readonly Item[], write: (item: Item) => void): void {
  for (let i = items.length - 1; i >= 0; i--) write(items[i] as Item)
}

function text(tag: number, said: string): void {
  if (!said) return
  const from = mark()
  utf8(said)
  close(tag, from)
}

function number(tag: number, value: number): void {
  double(value)
  byte(tag)
}

function fixed64(count: number): void {
  fixed32(Math.floor(count / 0x1_0000_0000))
  fixed32(count % 0x1_0000_0000)
}

function time(tag: number, ms: number): void {
  nanos(ms)
  byte(tag)
}

function id(tag: number, digits: string): void {
  hex(digits)
  varint(digits.length >> 1)
  byte(tag)
}
