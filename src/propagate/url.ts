// In: a URL, and what it may be relative to. Out: it parsed, or nothing.
// Must stay true: by the constructor alone: Fastly's engine has no `URL.canParse`.

/** Nothing for what is relative or broken: what is wrong with it is between the caller and the host. */
export function parseUrl(url: string, base?: string): URL | undefined {
  try {
    return new URL(url, base)
  } catch {
    return undefined
  }
}
