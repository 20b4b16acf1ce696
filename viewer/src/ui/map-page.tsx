// In: who calls whom. Out: a map of it, and the same as a table for whoever reads better than looks.
import type { JSX } from 'preact'
import { useEffect, useMemo } from 'preact/hooks'
import { formatCount, formatDuration } from '../analysis/format.ts'
import type { MapNode, ServiceMap } from '../store/service-map.ts'
import { useApi } from './api.ts'
import { colourOf } from './colour.ts'
import { layOut, NODE_HEIGHT, NODE_WIDTH, type Placed } from './map-layout.ts'
import { adjust, go, parameter, pathOf } from './router.ts'
import { Empty } from './traces-page.tsx'

const KIND: Readonly<Record<MapNode['kind'], string>> = {
  service: 'service',
  database: 'database',
  queue: 'queue',
  host: 'outside',
}

const tracesOf = (node: MapNode): string => {
  const name = JSON.stringify(node.name)
  if (node.kind === 'service') return pathOf('/', { q: `service.name = ${name}` })
  if (node.kind === 'host')
    return pathOf('/', { q: `server.address = ${JSON.stringify(node.name.replace(/:\d+$/, ''))}` })
  if (node.kind === 'queue') return pathOf('/', { q: `messaging.destination.name = ${name}` })
  return pathOf('/', { q: `db.system.name = ${JSON.stringify(node.name.split(' ')[0])}` })
}

const clip = (text: string): string => (text.length > 21 ? `${text.slice(0, 20)}…` : text)

const Shape = ({ placed, chosen }: { placed: Placed; chosen: boolean }): JSX.Element => {
  const { node, x, y } = placed
  const failed = node.errors > 0
  return (
    <a
      href={tracesOf(node)}
      class={`map-node ${node.kind} ${failed ? 'failed' : ''} ${chosen ? 'chosen' : ''}`}
      onFocus={() => adjust({ node: node.id })}
      onMouseEnter={() => adjust({ node: node.id })}
      onClick={(event) => {
        event.preventDefault()
        go(tracesOf(node))
      }}
    >
      <rect
        x={x}
        y={y}
        width={NODE_WIDTH}
        height={NODE_HEIGHT}
        rx={node.kind === 'service' ? 10 : node.kind === 'database' ? 26 : 3}
      />
      <rect
        class="stripe"
        x={x + (node.kind === 'database' ? 20 : 12)}
        y={y + 14}
        width="10"
        height="10"
        rx="3"
        style={{ fill: node.kind === 'service' ? colourOf(node.name) : 'var(--dim)' }}
      />
      <text class="name" x={x + (node.kind === 'database' ? 36 : 28)} y={y + 24}>
        {clip(node.name)}
      </text>
      <text class="small" x={x + (node.kind === 'database' ? 20 : 12)} y={y + 46}>
        {node.kind === 'service' ? '' : `${KIND[node.kind]} · `}
        {formatCount(node.count)} · p95 {formatDuration(node.p95)}
        {failed ? ` · ✕ ${formatCount(node.errors)}` : ''}
      </text>
    </a>
  )
}

export const MapPage = (): JSX.Element => {
  const { data } = useApi<ServiceMap>('/api/map')
  const chosen = parameter('node')
  useEffect(() => {
    document.title = 'Map · clew'
  }, [])
  const layout = useMemo(() => layOut(data?.nodes ?? [], data?.edges ?? []), [data])
  if (data !== undefined && data.nodes.length === 0) return <Empty />
  const byId = new Map(layout.placed.map((placed) => [placed.node.id, placed]))
  const most = Math.max(1, ...(data?.edges.map((edge) => edge.count) ?? []))
  return (
    <div class="page map scroll">
      <h1 class="unseen">Service map</h1>
      <svg
        class="service-map"
        viewBox={`0 0 ${layout.width} ${layout.height}`}
        style={{ maxWidth: `${layout.width * 1.15}px` }}
        role="group"
        aria-label="Service map"
      >
        <defs>
          <marker
            id="arrow"
            viewBox="0 0 8 8"
            refX="7"
            refY="4"
            markerWidth="7"
            markerHeight="7"
            markerUnits="userSpaceOnUse"
            orient="auto"
          >
            <path d="M0,0L8,4L0,8z" />
          </marker>
        </defs>
        {data?.edges.map((edge) => {
          const from = byId.get(edge.from)
          const to = byId.get(edge.to)
          if (from === undefined || to === undefined || from === to) return null
          const [x0, y0, x1, y1] = [from.x + NODE_WIDTH, from.y + NODE_HEIGHT / 2, to.x - 2, to.y + NODE_HEIGHT / 2]
          const bend = Math.max(40, Math.abs(x1 - x0) / 2)
          const near = chosen === '' || chosen === edge.from || chosen === edge.to
          return (
            <g
              key={`${edge.from} ${edge.to}`}
              class={`map-edge ${edge.errors > 0 ? 'failed' : ''} ${near ? '' : 'dim'}`}
            >
              <path
                d={`M${x0},${y0}C${x0 + bend},${y0} ${x1 - bend},${y1} ${x1},${y1}`}
                style={{ strokeWidth: 1.2 + 3 * Math.sqrt(edge.count / most) }}
                marker-end="url(#arrow)"
              >
                <title>
                  {from.node.name} → {to.node.name}: {edge.count} calls, {edge.errors} failed, p50{' '}
                  {formatDuration(edge.p50)}, p95 {formatDuration(edge.p95)}
                </title>
              </path>
              <text x={(x0 + x1) / 2} y={(y0 + y1) / 2 - 7} text-anchor="middle">
                {formatDuration(edge.p50)}
                {edge.errors > 0 ? ` ✕ ${formatCount(edge.errors)}` : ''}
              </text>
            </g>
          )
        })}
        {layout.placed.map((placed) => (
          <Shape key={placed.node.id} placed={placed} chosen={placed.node.id === chosen} />
        ))}
      </svg>
      <details class="section">
        <summary>The same as a table</summary>
        <table class="table">
          <thead>
            <tr>
              <th scope="col">Caller</th>
              <th scope="col">Called</th>
              <th scope="col" class="number">
                Calls
              </th>
              <th scope="col" class="number">
                Failed
              </th>
              <th scope="col" class="number">
                p50
              </th>
              <th scope="col" class="number">
                p95
              </th>
            </tr>
          </thead>
          <tbody>
            {data?.edges.map((edge) => (
              <tr key={`${edge.from} ${edge.to}`}>
                <td>{byId.get(edge.from)?.node.name}</td>
                <td>{byId.get(edge.to)?.node.name}</td>
                <td class="number">{formatCount(edge.count)}</td>
                <td class={`number ${edge.errors > 0 ? 'failed' : ''}`}>{formatCount(edge.errors)}</td>
                <td class="number">{formatDuration(edge.p50)}</td>
                <td class="number">{formatDuration(edge.p95)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </div>
  )
}
