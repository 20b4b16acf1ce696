// In: a port that is wanted. Out: nothing, or an error that says which flag takes another.
import { createServer } from 'node:net'

/** Rejects with a sentence for people when `port` on 127.0.0.1 is not free. Port 0 is. */
export async function mustBeFree(port: number, flag: string): Promise<void> {
  if (port === 0) return
  const server = createServer()
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(port, '127.0.0.1', resolve)
    })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const why = code === 'EADDRINUSE' ? 'is taken by another program' : `cannot be used (${code})`
    throw new Error(
      `Port ${port} on 127.0.0.1 ${why}: stop that, or choose another with \`npm start -- --${flag} N\` (0: any free one).`,
    )
  } finally {
    if (server.listening) await new Promise((resolve) => server.close(resolve))
  }
}
