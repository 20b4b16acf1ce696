// In: nothing. Out: the runtimes and clients that tests run in, installed beside the root's own packages.
// Must stay true: what cannot be installed here (no compiler, no network) is said, and is no failure: its tests are then
// reported as not run.
import { spawnSync } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Where node-gyp finds headers without fetching them: Debian's, where they are. */
const nodedir = ['/usr', '/usr/local'].find((path) => existsSync(`${path}/include/node/node_api.h`))

for (const folder of ['test/runtimes', 'test/clients']) {
  if (isInstalled(`${root}${folder}`)) {
    console.log(`${folder}: installed`)
    continue
  }
  console.log(`${folder}: installing`)
  // Without the workspace's own settings; the folder has a lockfile of its own.
  const { status } = spawnSync('npm', ['ci', '--no-workspaces', '--no-fund', '--no-audit', '--loglevel=error'], {
    cwd: `${root}${folder}`,
    stdio: 'inherit',
    env: { ...process.env, ...(nodedir && { npm_config_nodedir: nodedir }) },
  })
  if (status !== 0) console.log(`${folder}: could not be installed; what needs it is not run`)
}

/** Installed, and since the lockfile was last written. */
function isInstalled(folder: string): boolean {
  const made = `${folder}/node_modules/.package-lock.json`
  return existsSync(made) && statSync(made).mtimeMs >= statSync(`${folder}/package-lock.json`).mtimeMs
}
