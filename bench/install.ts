// In: the lockfiles of the peers. Out: their packages, each in its own folder, because their versions conflict.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'

const HERE = new URL('.', import.meta.url).pathname

export function installPeers(): void {
  const folders = readdirSync(`${HERE}peers`, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  for (const folder of [HERE, ...folders.map(({ name }) => `${HERE}peers/${name}`)]) {
    if (existsSync(`${folder}/node_modules`)) continue
    console.error(`installing ${folder}`)
    const { status } = spawnSync(
      'npm',
      ['ci', '--workspaces=false', '--ignore-scripts', '--legacy-peer-deps', '--no-audit', '--no-fund'],
      {
        cwd: folder,
        stdio: ['ignore', 'ignore', 'inherit'],
      },
    )
    if (status) throw new Error(`npm ci failed in ${folder}`)
  }
}

if (import.meta.main) installPeers()
