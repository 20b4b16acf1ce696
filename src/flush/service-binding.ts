// In: a batch. Out: an OTLP request to another Worker, without a public hop.
// Must stay true: all the rules of `otlp()`; only the fetch is another.
import type { Exporter } from './exporter.ts'
import { type OtlpOptions, otlp } from './otlp.ts'

/** A Cloudflare service binding, as far as it is used; wide enough for `Fetcher` of any version of its types. */
export interface ServiceBinding {
  fetch(input: string, init?: object): Promise<object>
}

/** `otlp()` through a service binding. The URL's host only shows in the other Worker's `request.url`. */
export function serviceBindingExporter(
  binding: ServiceBinding,
  options: Omit<OtlpOptions, 'url'> & { readonly url?: string } = {},
): Exporter {
  const exporter = otlp({ url: 'http://otlp', ...options })
  return {
    export: (batch, host) =>
      exporter.export(batch, { ...host, fetch: (input, init) => binding.fetch(input, init) as Promise<Response> }),
  }
}
