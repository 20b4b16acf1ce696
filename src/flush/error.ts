// In: what is wrong with the configuration. Out: an error that says what to write instead.

/** The codes of {@link ClewError}; stable, so that a program may branch on them. */
export type ClewErrorCode =
  /** An option has a value that cannot be used. */
  | 'invalid_option'
  /** Nothing says where spans should go: neither `exporter` nor an `OTEL_EXPORTER_OTLP_*` variable. */
  | 'missing_endpoint'

/** Wrong configuration. Thrown where the tracer is created; nothing of ours throws after that. */
export class ClewError extends Error {
  override readonly name = 'ClewError'
  readonly code: ClewErrorCode

  constructor(code: ClewErrorCode, message: string) {
    super(message)
    this.code = code
  }
}
