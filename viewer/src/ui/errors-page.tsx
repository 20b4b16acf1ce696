// In: nothing. Out: every kind of failure once, newest first, with traces to look at.
import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import { formatCount } from '../analysis/format.ts'
import type { ErrorGroup } from '../store/statistics.ts'
import { useApi } from './api.ts'
import { BarSpark } from './chart.tsx'
import { colourOf } from './colour.ts'
import { ErrorIcon } from './icons.tsx'
import { pathOf } from './router.ts'
import { ago } from './time.ts'

const tracesOf = (group: ErrorGroup): string => {
  const service = `service.name = ${JSON.stringify(group.service)} AND status = ERROR`
  const exception = /^HTTP \d+$/.test(group.type)
    ? `http.response.status_code = ${group.type.slice(5)}`
    : `${JSON.stringify(group.type)}`
  return pathOf('/', { q: `${service} AND ${exception}` })
}

export const ErrorsPage = (): JSX.Element => {
  const { data } = useApi<readonly ErrorGroup[]>('/api/errors')
  useEffect(() => {
    document.title = 'Errors · clew'
  }, [])
  if (data === undefined) return <div class="page errors" aria-busy="true" />
  if (data.length === 0) {
    return (
      <div class="empty">
        <h2>No errors</h2>
        <p>Failed spans and recorded exceptions are grouped here by service, type and message.</p>
      </div>
    )
  }
  const begun = data.filter((group) => !group.consequence)
  const passedOn = data.filter((group) => group.consequence)
  return (
    <div class="page errors">
      <h1 class="unseen">Errors</h1>
      <Groups title="Where errors began" groups={begun} />
      {passedOn.length > 0 ? <Groups title="What they caused further up" groups={passedOn} /> : null}
    </div>
  )
}

const Groups = ({ title, groups }: { title: string; groups: readonly ErrorGroup[] }): JSX.Element => (
  <section class="groups">
    <h2>{title}</h2>
    <ul aria-label={title}>
      {groups.map((group) => (
        <li key={`${group.service} ${group.type} ${group.pattern}`}>
          <div class="what">
            <h3>
              <span class="failed">
                <ErrorIcon />
              </span>{' '}
              {group.type}
            </h3>
            <p class="message">{group.message}</p>
            <p class="where">
              <i class="chip" style={{ background: colourOf(group.service) }} /> {group.service}
              {group.operations.length > 0 ? <span> in {group.operations.join(', ')}</span> : null}
            </p>
          </div>
          <BarSpark values={group.over} />
          <dl class="figures">
            <div>
              <dt>Times</dt>
              <dd>{formatCount(group.count)}</dd>
            </div>
            <div>
              <dt>Traces</dt>
              <dd>{formatCount(group.traces)}</dd>
            </div>
            <div>
              <dt>Last</dt>
              <dd>{ago(group.lastMs)}</dd>
            </div>
          </dl>
          <div class="actions">
            {group.examples[0] ? (
              <a class="token" href={`/trace/${group.examples[0]}`}>
                Newest trace
              </a>
            ) : null}
            <a class="token" href={tracesOf(group)}>
              All traces
            </a>
          </div>
        </li>
      ))}
    </ul>
  </section>
)
