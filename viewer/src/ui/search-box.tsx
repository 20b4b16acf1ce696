// In: the query of the present view. Out: the query the person meant, typed with completion.
// Must stay true: a combobox as WAI-ARIA describes it (the list is never focused, the input tells which entry is active);
// Enter searches unless an entry was chosen with the arrows.
import type { JSX, TargetedKeyboardEvent } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { Completion } from '../query/complete.ts'
import { type Failure, request } from './api.ts'
import { CloseIcon, SearchIcon } from './icons.tsx'

interface SearchBoxProps {
  readonly query: string
  readonly failure: Failure | undefined
  readonly onSearch: (query: string) => void
}

const EXAMPLE = 'service.name = "payment" AND status = ERROR AND duration > 2s AND timestamp > now() - 30m'

/** Suggestions that are followed by more go on without a click. */
const CONTINUES = /^[\w.@/-]+$|^(AND|OR|=|!=|[<>]=?|CONTAINS|LIKE)$/

export const SearchBox = ({ query, failure, onSearch }: SearchBoxProps): JSX.Element => {
  const input = useRef<HTMLInputElement>(null)
  const [text, setText] = useState(query)
  const [completion, setCompletion] = useState<Completion | undefined>(undefined)
  const [active, setActive] = useState(-1)
  const asked = useRef(0)

  useEffect(() => setText(query), [query])

  const ask = async (value: string): Promise<void> => {
    const turn = ++asked.current
    const at = input.current?.selectionStart ?? value.length
    const answer = await request<Completion>(`/api/complete?q=${encodeURIComponent(value)}&at=${at}`).catch(
      () => undefined,
    )
    if (turn !== asked.current || document.activeElement !== input.current) return
    setCompletion(answer)
    setActive(-1)
  }

  const close = (): void => {
    asked.current++
    setCompletion(undefined)
    setActive(-1)
  }

  const search = (value: string): void => {
    close()
    onSearch(value.trim())
  }

  const choose = (index: number): void => {
    const suggestion = completion?.suggestions[index]
    if (completion === undefined || suggestion === undefined) return
    const more = CONTINUES.test(suggestion.text) ? ' ' : ''
    // The list may be older than the last keys pressed: what was typed up to the cursor is replaced.
    const to = Math.max(completion.to, input.current?.selectionStart ?? 0)
    const value = `${text.slice(0, completion.from)}${suggestion.text}${more}${text.slice(to).replace(/^["']?\s?/, '')}`
    const at = completion.from + suggestion.text.length + more.length
    // At once, not after the next picture: the person goes on typing.
    const element = input.current!
    element.value = value
    element.focus()
    element.setSelectionRange(at, at)
    setText(value)
    void ask(value)
  }

  const onKeyDown = (event: TargetedKeyboardEvent<HTMLInputElement>): void => {
    const count = completion?.suggestions.length ?? 0
    if (event.key === 'ArrowDown' && count > 0) setActive((active + 1) % count)
    else if (event.key === 'ArrowUp' && count > 0) setActive((active - 1 + count) % count)
    else if (event.key === 'ArrowDown') void ask(text)
    else if (event.key === 'Tab' && count > 0 && !event.shiftKey) choose(Math.max(0, active))
    else if (event.key === 'Enter' && active >= 0) choose(active)
    else if (event.key === 'Enter') search(text)
    else if (event.key === 'Escape') {
      if (count > 0) close()
      else input.current?.blur()
    } else return
    event.preventDefault()
  }

  const suggestions = completion?.suggestions ?? []
  return (
    <form
      class={`search ${failure ? 'failed' : ''}`}
      role="search"
      onSubmit={(event) => {
        event.preventDefault()
        search(text)
      }}
    >
      <SearchIcon />
      <input
        ref={input}
        type="text"
        role="combobox"
        aria-label="Search traces"
        aria-expanded={suggestions.length > 0}
        aria-controls="suggestions"
        aria-autocomplete="list"
        {...(active >= 0 ? { 'aria-activedescendant': `suggestion-${active}` } : {})}
        {...(failure ? { 'aria-invalid': true, 'aria-describedby': 'search-failure' } : {})}
        placeholder={EXAMPLE}
        autocomplete="off"
        autocapitalize="off"
        spellcheck={false}
        value={text}
        onInput={(event) => {
          setText(event.currentTarget.value)
          void ask(event.currentTarget.value)
        }}
        onFocus={() => void ask(text)}
        onBlur={close}
        onKeyDown={onKeyDown}
      />
      {text === '' ? (
        <kbd>/</kbd>
      ) : (
        <button type="button" class="quiet" aria-label="Clear the search" onClick={() => search('')}>
          <CloseIcon />
        </button>
      )}
      {suggestions.length > 0 ? (
        <ul id="suggestions" role="listbox" aria-label="Suggestions">
          {suggestions.map((suggestion, index) => (
            <li
              key={suggestion.text}
              id={`suggestion-${index}`}
              role="option"
              aria-selected={index === active}
              onMouseDown={(event) => {
                event.preventDefault()
                choose(index)
              }}
            >
              <code>{suggestion.text}</code>
              <span>{suggestion.detail}</span>
            </li>
          ))}
        </ul>
      ) : null}
      {failure ? (
        <p id="search-failure" role="alert" class="failure">
          {failure.at === undefined ? null : (
            <code aria-hidden="true">
              {query.slice(0, failure.at)}
              <mark>{query.slice(failure.at, failure.end) || ' '}</mark>
              {query.slice(failure.end)}
            </code>
          )}
          {failure.message}
        </p>
      ) : null}
    </form>
  )
}
