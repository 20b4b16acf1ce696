// In: several formats. Out: one that reads and writes them all.
// Must stay true: formats are asked in the order given; one that throws costs only itself and is reported.
import type { Propagator } from './propagator.ts'

/**
 * Several formats as one (OpenTelemetry Context API, "Composite Propagator"). A later format overrides an earlier one
 * only where it finds something. What a format of your own or a carrier throws goes to `onError`.
 */
export function composite(propagators: readonly Propagator[], onError?: (error: unknown) => void): Propagator {
  return {
    fields: [...new Set(propagators.flatMap((one) => one.fields))],
    emptyBaggage: propagators.find((one) => one.emptyBaggage)?.emptyBaggage,
    extract(carrier, context) {
      for (const one of propagators) {
        try {
          context = one.extract(carrier, context)
        } catch (error) {
          onError?.(error)
        }
      }
      return context
    },
    inject(context, carrier) {
      for (const one of propagators) {
        try {
          one.inject(context, carrier)
        } catch (error) {
          onError?.(error)
        }
      }
    },
  }
}
