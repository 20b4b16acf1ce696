// In: what the runtime says of another Worker's invocations, as they happen. Out: all of it, to whoever asks.
const events: unknown[] = []

export default {
  tailStream(onset: unknown) {
    events.push(onset)
    return (event: unknown) => {
      events.push(event)
    }
  },
  fetch(): Response {
    return new Response(JSON.stringify(events, (_, value) => (typeof value === 'bigint' ? Number(value) : value)))
  },
}
