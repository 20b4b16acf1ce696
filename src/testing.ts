// The door of `clew/testing`: what a test of traced code needs. It depends on no test runner.
export { countingBytes, type ManualClock, manualClock } from './runtime/testing/deterministic.ts'
export { type FakeCollector, type FakeRequest, type Fault, fakeCollector } from './runtime/testing/fake-collector.ts'
export { type ExpectedSpan, type Spans, type TraceMatchers, traceMatchers } from './runtime/testing/matchers.ts'
export { type Recorder, recorder } from './runtime/testing/recorder.ts'
export { type SpanCheck, type SpanQualityOptions, spanQuality } from './runtime/testing/span-quality.ts'
export { type TraceTreeOptions, traceTree } from './runtime/testing/trace-tree.ts'
