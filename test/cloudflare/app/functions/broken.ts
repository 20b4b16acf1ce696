// A Pages function that fails.
export const onRequest = (): never => {
  throw new TypeError('page failed on purpose')
}
