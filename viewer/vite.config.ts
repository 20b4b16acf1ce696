// The page becomes one HTML file: it is also the shell of the traces that people share as a file.
import { fileURLToPath } from 'node:url'
import { defineConfig, type Plugin, type UserConfig } from 'vite'

/** Puts the one script and the one style into the document. */
const inline = (): Plugin => ({
  name: 'inline',
  enforce: 'post',
  generateBundle(_options, bundle) {
    const html = bundle['index.html']
    if (html?.type !== 'asset') return
    let text = String(html.source)
    for (const [name, file] of Object.entries(bundle)) {
      if (file.type === 'chunk') {
        const code = file.code.replace(/<\/(script)/gi, '<\\/$1').replace(/<!--/g, '<\\!--')
        text = text
          .replace(/<script type="module"[^>]*><\/script>/, '')
          .replace('</body>', () => `<script type="module">${code}</script></body>`)
      } else if (name.endsWith('.css')) {
        const style = String(file.source)
        text = text.replace(/<link rel="stylesheet"[^>]*>/, () => `<style>${style}</style>`)
      } else continue
      delete bundle[name]
    }
    html.source = text
  },
})

const folder = fileURLToPath(new URL('.', import.meta.url))

const config: UserConfig = defineConfig({
  root: `${folder}src/ui`,
  base: './',
  plugins: [inline()],
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: `${folder}dist/ui`,
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: false,
    cssCodeSplit: false,
    assetsInlineLimit: 1e6,
  },
})

export default config
