// In: a text. Out: the text on the clipboard, and a word that it is there.
import type { ComponentChildren, JSX } from 'preact'
import { useState } from 'preact/hooks'
import { CopyIcon } from './icons.tsx'

const copy = async (text: string): Promise<void> => {
  try {
    await navigator.clipboard.writeText(text)
  } catch {
    // Without permission, or on a page from a file, the old way still works.
    const area = document.createElement('textarea')
    area.value = text
    document.body.append(area)
    area.select()
    document.execCommand('copy')
    area.remove()
  }
}

interface CopyProps {
  readonly text: string
  readonly label: string
  readonly children?: ComponentChildren
}

export const Copy = ({ text, label, children }: CopyProps): JSX.Element => {
  const [done, setDone] = useState(false)
  return (
    <button
      type="button"
      class={children ? 'token' : 'quiet'}
      aria-label={children ? undefined : label}
      title={label}
      onClick={async (event) => {
        event.stopPropagation()
        await copy(text)
        setDone(true)
        setTimeout(() => setDone(false), 1200)
      }}
    >
      {done ? <span role="status">✓{children ? ' copied' : ''}</span> : (children ?? <CopyIcon />)}
    </button>
  )
}
