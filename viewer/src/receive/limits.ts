// In: nothing. Out: every number that bounds what a sender can make the receiver do.
// Must stay true: each limit answers with a 4xx or a counted partial refusal, never with a crash or a silent loss.

/** Bytes of a request as sent. OTLP senders batch far below; the Collector's default is 20 MiB. */
export const MAX_BODY_BYTES: number = 20 * 1024 * 1024

/** Bytes after decompression (OTLP 1.11 lets a client send 64 MiB before compression). A zip bomb ends here. */
export const MAX_INFLATED_BYTES: number = 64 * 1024 * 1024

/** Levels of arrays and maps inside one attribute value; what lies deeper is replaced by `$cut`. */
export const MAX_VALUE_DEPTH = 16

/** Characters of one string value; a longer one is cut and says so with an ellipsis. 64 Ki holds any stack or query. */
export const MAX_STRING_LENGTH: number = 64 * 1024

/** Attributes, events and links of one span: eight times the OpenTelemetry default of 128. The rest counts as dropped. */
export const MAX_ITEMS_PER_SPAN = 1024

/** Spans of one trace. A trace that never ends would otherwise outlive retention, which removes whole traces. */
export const MAX_SPANS_PER_TRACE = 100_000

/** Nanoseconds since 1970 that fit 53 bits as microseconds with room for a duration: the year 2249. */
export const MAX_EPOCH_MICROS = 8_800_000_000_000_000

/** Reasons quoted in one partial-success message; more would only repeat. */
export const MAX_REASONS = 5
