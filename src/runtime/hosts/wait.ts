// In: promises of others. Out: when they have settled, or when their time is up.
// Must stay true: never rejects; leaves no timer behind.

/** Settles with the promise, or once so many milliseconds have passed. */
export async function settledWithin(ms: number, promise: Promise<unknown>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const deadline = new Promise((resolve) => {
    timer = setTimeout(resolve, Math.max(0, ms))
    // A process with nothing left to do but to wait for this has nothing left to do.
    ;(timer as { unref?(): void }).unref?.()
  })
  await Promise.race([promise.catch(() => {}), deadline])
  if (timer) clearTimeout(timer)
}

/** When all of these have settled, and those that came while we waited. */
export async function settled(promises: readonly Promise<unknown>[]): Promise<void> {
  for (let count = -1; count < promises.length; ) {
    count = promises.length
    await Promise.allSettled(promises)
  }
}
