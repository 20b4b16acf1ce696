// In: a service's name. Out: the same colour everywhere and always, as a class name the style sheet defines per theme.
// Must stay true: services on the page differ while there are colours left; a name always stands beside its colour.

const COLOURS = 10

const taken = new Map<string, number>()

const hash = (text: string): number => {
  let value = 0
  for (let i = 0; i < text.length; i++) value = (Math.imul(value, 31) + text.charCodeAt(i)) | 0
  return value >>> 0
}

export const colourOf = (service: string): string => {
  let index = taken.get(service)
  if (index === undefined) {
    const used = new Set(taken.values())
    index = hash(service) % COLOURS
    for (let i = 0; i < COLOURS && used.size < COLOURS && used.has(index); i++) index = (index + 3) % COLOURS
    taken.set(service, index)
  }
  return `var(--service-${index})`
}
