// In: attributes, and perhaps those of a pinned span. Out: a list whose values can be copied, searched for, left out of a
// search, and compared.
import type { JSX } from 'preact'
import { formatLiteral, formatValue } from '../analysis/format.ts'
import type { Value, ValueMap } from '../model.ts'
import { Copy } from './clipboard.tsx'
import { embeddedTrace } from './embedded.ts'
import { ExcludeIcon, FilterIcon } from './icons.tsx'
import { parameter, pathOf } from './router.ts'
import { withCondition } from './traces-page.tsx'

const fieldName = (key: string): string => (/^[\w.@/-]+$/.test(key) ? key : JSON.stringify(key))

const Attribute = ({
  name,
  value,
  prefix,
  other,
}: {
  name: string
  value: Value | undefined
  prefix: string
  other?: Value | undefined
}): JSX.Element => {
  const text = formatValue(value)
  const field = fieldName(prefix + name)
  const condition = value === undefined ? '' : `${field} = ${formatLiteral(value)}`
  const search = (added: string): string => pathOf('/', { q: withCondition(parameter('q'), added) })
  const differs = other !== undefined
  return (
    <div class={differs ? 'differs' : ''}>
      <dt>{name}</dt>
      <dd>
        <span class={text.length > 160 || text.includes('\n') ? 'long' : ''}>
          {value === undefined ? <em>absent</em> : text}
        </span>
        {differs ? (
          <span class="other">
            <small>pinned</small> {formatValue(other)}
          </span>
        ) : null}
        {value === undefined ? null : (
          <span class="actions">
            <Copy text={text} label={`Copy the value of ${name}`} />
            {embeddedTrace() === undefined ? (
              <>
                <a
                  class="quiet"
                  href={search(condition)}
                  title={`Find traces with ${condition}`}
                  aria-label={`Find traces with this ${name}`}
                >
                  <FilterIcon />
                </a>
                <a
                  class="quiet"
                  href={search(`NOT ${condition}`)}
                  title={`Leave out ${condition}`}
                  aria-label={`Leave out traces with this ${name}`}
                >
                  <ExcludeIcon />
                </a>
              </>
            ) : null}
          </span>
        )}
      </dd>
    </div>
  )
}

export const Attributes = ({
  map,
  prefix = '',
  other,
}: {
  map: ValueMap
  prefix?: string
  other?: ValueMap | undefined
}): JSX.Element => {
  const keys = [...new Set([...Object.keys(map), ...Object.keys(other ?? {})])].sort()
  return (
    <dl class="attributes">
      {keys.map((key) => {
        const differs = other !== undefined && formatValue(map[key]) !== formatValue(other[key])
        return (
          <Attribute
            key={key}
            name={key}
            value={map[key]}
            prefix={prefix}
            {...(differs ? { other: other[key] ?? '(absent)' } : {})}
          />
        )
      })}
    </dl>
  )
}
