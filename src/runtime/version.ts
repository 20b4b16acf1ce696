// In: nothing. Out: what clew calls itself in telemetry.
import type { InstrumentationScope } from '../flush/model.ts'

/** The version in package.json; a test compares the two. */
export const VERSION = '0.1.0'

/** Semantic conventions the attribute names are taken from. */
export const SCHEMA_URL = 'https://opentelemetry.io/schemas/1.44.0'

export const SCOPE: InstrumentationScope = { name: 'clew', version: VERSION }
