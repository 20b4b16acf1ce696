// In: a service's name. Out: the same colour on every view, as a variable that the style sheet defines per theme.
// Must stay true: colours go by the order in which services were first seen, so they differ while there are colours left;
// a name always stands beside its colour.
import { signal } from '@preact/signals'

const COLOURS = 10

const order = signal<ReadonlyMap<string, number>>(new Map())

/** Gives colours to services, the first seen first; those that have one keep it. */
export const learnServices = (services: readonly string[]): void => {
  const fresh = services.filter((service) => !order.value.has(service))
  if (fresh.length === 0) return
  const next = new Map(order.value)
  for (const service of fresh) next.set(service, next.size)
  order.value = next
}

export const colourOf = (service: string): string => {
  const place = order.value.get(service)
  return place === undefined ? 'var(--dim)' : `var(--service-${place % COLOURS})`
}
