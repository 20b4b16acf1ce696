// A Worker that another one tails.
export default { fetch: (): Response => new Response('watched') }
