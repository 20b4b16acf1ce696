// In: nothing. Out: the few pictures of the page, drawn with the colour of the text around them.
import type { JSX } from 'preact'

const Icon = ({ children, size = 16 }: { children: JSX.Element | JSX.Element[]; size?: number }): JSX.Element => (
  <svg
    width={size}
    height={size}
    viewBox="0 0 24 24"
    fill="none"
    stroke="currentColor"
    stroke-width="2"
    stroke-linecap="round"
    stroke-linejoin="round"
    aria-hidden="true"
  >
    {children}
  </svg>
)

export const Logo = (): JSX.Element => (
  <svg
    width="22"
    height="22"
    viewBox="0 0 24 24"
    fill="none"
    stroke="var(--brand)"
    stroke-width="2"
    stroke-linecap="round"
    aria-hidden="true"
  >
    <circle cx="11" cy="12" r="8.5" />
    <path d="M4 9c5-3 11-2 15 3M4 15c4 1 9-1 12-9M11 20.5c6 1 10 0 12-2" />
  </svg>
)
export const SearchIcon = (): JSX.Element => (
  <Icon>
    <circle cx="11" cy="11" r="7" />
    <path d="m20 20-4-4" />
  </Icon>
)
export const ErrorIcon = (): JSX.Element => (
  <Icon size={13}>
    <circle cx="12" cy="12" r="10" />
    <path d="m15 9-6 6M9 9l6 6" />
  </Icon>
)
export const CopyIcon = (): JSX.Element => (
  <Icon size={14}>
    <rect x="9" y="9" width="12" height="12" rx="2" />
    <path d="M5 15H4a1 1 0 0 1-1-1V4a1 1 0 0 1 1-1h10a1 1 0 0 1 1 1v1" />
  </Icon>
)
export const FilterIcon = (): JSX.Element => (
  <Icon size={14}>
    <path d="M3 5h18l-7 8.5V20l-4-2v-4.500z" />
  </Icon>
)
export const ExcludeIcon = (): JSX.Element => (
  <Icon size={14}>
    <circle cx="12" cy="12" r="9" />
    <path d="m6 6 12 12" />
  </Icon>
)
export const CompareIcon = (): JSX.Element => (
  <Icon size={14}>
    <path d="M12 3v18M7 7H3v10h4M17 7h4v10h-4" />
  </Icon>
)
export const SunIcon = (): JSX.Element => (
  <Icon>
    <circle cx="12" cy="12" r="4" />
    <path d="M12 2v2M12 20v2M4 4l2 2M18 18l2 2M2 12h2M20 12h2M4 20l2-2M18 6l2-2" />
  </Icon>
)
export const CloseIcon = (): JSX.Element => (
  <Icon>
    <path d="M18 6 6 18M6 6l12 12" />
  </Icon>
)
export const LinkIcon = (): JSX.Element => (
  <Icon size={14}>
    <path d="M10 13a5 5 0 0 0 7 0l3-3a5 5 0 0 0-7-7l-1 1M14 11a5 5 0 0 0-7 0l-3 3a5 5 0 0 0 7 7l1-1" />
  </Icon>
)
