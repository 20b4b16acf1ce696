// The Worker that answers "hello", untraced.
export default {
  fetch: () => new Response('hello'),
}
