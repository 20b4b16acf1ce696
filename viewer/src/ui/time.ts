// In: epoch milliseconds. Out: how people say when.

const two = (number: number): string => String(number).padStart(2, '0')

/** Local time of day. */
export const timeOfDay = (ms: number): string => {
  const date = new Date(ms)
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
}

/** Local time of day; with the date when it is not today's. */
export const clockTime = (ms: number, precise = false): string => {
  const date = new Date(ms)
  const time = precise ? `${timeOfDay(ms)}.${String(date.getMilliseconds()).padStart(3, '0')}` : timeOfDay(ms)
  if (date.toDateString() === new Date().toDateString()) return time
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${time}`
}

export const ago = (ms: number): string => {
  const seconds = Math.max(0, Math.round((Date.now() - ms) / 1000))
  if (seconds < 5) return 'now'
  if (seconds < 60) return `${seconds} s ago`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`
  return seconds < 86_400 ? `${Math.floor(seconds / 3600)} h ago` : `${Math.floor(seconds / 86_400)} d ago`
}
