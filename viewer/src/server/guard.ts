// In: a request's Host, Origin and Sec-Fetch-Site. Out: undefined, or why it is refused.
// Must stay true: a page from elsewhere can neither read nor post, not even when its name resolves to loopback (DNS
// rebinding shows in Host); a page served from this machine may post telemetry; programs, which send no Origin, may all.

export interface Trust {
  /** Host names besides loopback's that this server answers to, such as `host.docker.internal`. */
  readonly hosts: readonly string[]
  /** Origins besides loopback's that may post telemetry. */
  readonly origins: readonly string[]
}

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]'])

const isLoopback = (hostname: string): boolean => LOOPBACK.has(hostname) || hostname.endsWith('.localhost')

const hostnameOf = (host: string): string | undefined => {
  try {
    return new URL(`http://${host}`).hostname
  } catch {
    return undefined
  }
}

const isTrustedOrigin = (origin: string, trust: Trust): boolean => {
  if (trust.origins.includes(origin)) return true
  try {
    const { protocol, hostname } = new URL(origin)
    return (protocol === 'http:' || protocol === 'https:') && (isLoopback(hostname) || trust.hosts.includes(hostname))
  } catch {
    return false
  }
}

export type Area = 'ingest' | 'own'

/**
 * `ingest`: the OTLP endpoints, open to every page of this machine. `own`: the page and its API, open to programs and to
 * the viewer's own page alone.
 */
export const refusalOf = (headers: Headers, area: Area, trust: Trust): string | undefined => {
  const host = headers.get('host') ?? ''
  const hostname = hostnameOf(host)
  if (hostname === undefined || !(isLoopback(hostname) || trust.hosts.includes(hostname)))
    return `the host "${host}" is not this machine; start with --allow-host to permit it`
  const origin = headers.get('origin')
  if (origin !== null) {
    if (area === 'own')
      return origin === `http://${host}` || origin === `https://${host}`
        ? undefined
        : 'pages of another origin may not read traces'
    return isTrustedOrigin(origin, trust)
      ? undefined
      : `the origin "${origin}" may not post; start with --allow-origin to permit it`
  }
  // A cross-site request without Origin is a GET from a foreign page's image, script or frame. Following a link is fine.
  const site = headers.get('sec-fetch-site')
  if ((site === 'cross-site' || site === 'same-site') && headers.get('sec-fetch-mode') !== 'navigate')
    return 'pages of another site may not read traces'
  return undefined
}
