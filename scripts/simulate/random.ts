// In: a seed. Out: reproducible draws of the distributions that requests have.
// Must stay true: the same seed gives the same run on every machine.

export interface Draws {
  /** Uniform in [0, 1). */
  uniform(): number
  /** Log-normal with this median and this standard deviation of its logarithm. */
  logNormal(median: number, sigma: number): number
  /** Time to the next event of a Poisson process, in the unit of `1 / rate`. */
  wait(rate: number): number
  /** `digits` lower-case hex digits. */
  hex(digits: number): string
}

export const draws = (seed: number): Draws => {
  // xoshiro128** (Blackman and Vigna), seeded by splitmix32.
  const state = new Uint32Array(4)
  for (let i = 0; i < 4; i++) {
    seed = (seed + 0x9e3779b9) | 0
    let z = Math.imul(seed ^ (seed >>> 16), 0x21f0aaad)
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97)
    state[i] = z ^ (z >>> 15)
  }
  const next = (): number => {
    const [a, b, c, d] = state as unknown as [number, number, number, number]
    const product = Math.imul(b, 5)
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0
    state[2] = c ^ a
    state[3] = d ^ b
    state[1] = b ^ state[2]!
    state[0] = a ^ state[3]!
    state[2] = state[2]! ^ (b << 9)
    state[3] = (state[3]! << 11) | (state[3]! >>> 21)
    return result
  }
  const uniform = (): number => next() / 2 ** 32
  return {
    uniform,
    logNormal: (median, sigma) =>
      median * Math.exp(sigma * Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform())),
    wait: (rate) => -Math.log(1 - uniform()) / rate,
    hex(digits) {
      let text = ''
      while (text.length < digits) text += next().toString(16).padStart(8, '0')
      return text.slice(0, digits)
    },
  }
}
