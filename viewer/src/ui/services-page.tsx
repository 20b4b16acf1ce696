// In: a query. Out: for each service and route how many requests, how many failed, and how long they took, over time.
import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import { formatCount, formatDuration } from '../analysis/format.ts'
import type { OperationStatistics, Statistics } from '../store/statistics.ts'
import { useApi } from './api.ts'
import { CountSpark, LatencyChart } from './chart.tsx'
import { colourOf } from './colour.ts'
import { adjust, parameter, pathOf } from './router.ts'
import { SearchBox } from './search-box.tsx'
import { Empty } from './traces-page.tsx'

type Column = 'count' | 'errors' | 'p50' | 'p95' | 'p99'

const COLUMNS: readonly (readonly [Column, string])[] = [
  ['count', 'Requests'],
  ['errors', 'Error rate'],
  ['p50', 'p50'],
  ['p95', 'p95'],
  ['p99', 'p99'],
]

const rank = (operation: OperationStatistics, column: Column): number =>
  column === 'errors' ? operation.errors / operation.count : operation[column]

const idOf = (operation: OperationStatistics): string => `${operation.service} ${operation.operation}`

const tracesOf = ({ service, operation }: OperationStatistics, order: string): string => {
  const route = /^[A-Z]+ (\/.*)$/.exec(operation)
  const what = route ? `http.route = ${JSON.stringify(route[1])}` : `name = ${JSON.stringify(operation)}`
  return pathOf('/', { q: `service.name = ${JSON.stringify(service)} AND ${what}`, order })
}

export const ServicesPage = (): JSX.Element => {
  const query = parameter('q')
  const column = (parameter('sort') || 'count') as Column
  const opened = parameter('open')
  const { data, failure } = useApi<Statistics>(pathOf('/api/operations', { q: query }))
  useEffect(() => {
    document.title = 'Services · clew'
  }, [])
  const operations = (data?.operations ?? []).toSorted((a, b) => rank(b, column) - rank(a, column))
  const slowest = Math.max(1, ...operations.map((operation) => operation.p99))
  return (
    <div class="page services">
      <h1 class="unseen">Services and routes</h1>
      <SearchBox query={query} failure={failure} onSearch={(q) => adjust({ q }, false)} />
      {data !== undefined && operations.length === 0 && query === '' ? (
        <Empty />
      ) : (
        <div class="scroll">
          <table class="table">
            <thead>
              <tr>
                <th scope="col">Service and route</th>
                {COLUMNS.map(([name, title]) => (
                  <th key={name} scope="col" class="number" aria-sort={column === name ? 'descending' : 'none'}>
                    <button type="button" onClick={() => adjust({ sort: name === 'count' ? undefined : name })}>
                      {title} {column === name ? '↓' : ''}
                    </button>
                  </th>
                ))}
                <th scope="col">Spread</th>
                <th scope="col">Over time</th>
              </tr>
            </thead>
            <tbody>
              {operations.map((operation) => {
                const id = idOf(operation)
                const open = opened === id
                const rate = operation.errors / operation.count
                return (
                  <>
                    <tr key={id} class={open ? 'open' : ''}>
                      <th scope="row">
                        <button
                          type="button"
                          class="row-button"
                          aria-expanded={open}
                          onClick={() => adjust({ open: open ? undefined : id })}
                        >
                          <i class="chip" style={{ background: colourOf(operation.service) }} />
                          <span class="service">{operation.service}</span> {operation.operation}
                        </button>
                      </th>
                      <td class="number">{formatCount(operation.count)}</td>
                      <td class={`number ${operation.errors > 0 ? 'failed' : 'dim'}`}>
                        {operation.errors > 0 ? `✕ ${(rate * 100).toFixed(rate < 0.1 ? 1 : 0)} %` : '0 %'}
                      </td>
                      <td class="number">{formatDuration(operation.p50)}</td>
                      <td class="number">{formatDuration(operation.p95)}</td>
                      <td class="number">
                        <b>{formatDuration(operation.p99)}</b>
                      </td>
                      <td>
                        <span class="spread" aria-hidden="true">
                          <i style={{ left: '0', width: `${(operation.p50 / slowest) * 100}%` }} />
                          <i
                            class="wide"
                            style={{
                              left: `${(operation.p50 / slowest) * 100}%`,
                              width: `${((operation.p95 - operation.p50) / slowest) * 100}%`,
                            }}
                          />
                          <i
                            class="thin"
                            style={{
                              left: `${(operation.p95 / slowest) * 100}%`,
                              width: `${((operation.p99 - operation.p95) / slowest) * 100}%`,
                            }}
                          />
                        </span>
                      </td>
                      <td>
                        <CountSpark over={operation.over} />
                      </td>
                    </tr>
                    {open && data ? (
                      <tr key={`${id} details`} class="details">
                        <td colSpan={8}>
                          <LatencyChart over={operation.over} fromMs={data.fromMs} stepMs={data.stepMs} />
                          <p class="bar">
                            <a class="token" href={tracesOf(operation, 'slowest')}>
                              Slowest traces
                            </a>
                            <a class="token" href={tracesOf(operation, '')}>
                              Newest traces
                            </a>
                            {operation.errors > 0 ? (
                              <a
                                class="token"
                                href={tracesOf(operation, '').replace(
                                  /q=([^&]*)/,
                                  (_, q: string) => `q=${q}+AND+status+%3D+ERROR`,
                                )}
                              >
                                Failed traces
                              </a>
                            ) : null}
                          </p>
                        </td>
                      </tr>
                    ) : null}
                  </>
                )
              })}
            </tbody>
          </table>
          {data?.more ? <p class="note">Only the newest 200,000 requests are counted.</p> : null}
        </div>
      )}
    </div>
  )
}
