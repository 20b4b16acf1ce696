// In: findings. Out: them as sentences to choose from; the chosen one lights its spans.
import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { Finding } from '../analysis/findings.ts'

/** Findings shown before the rest is asked for. */
const FEW = 3
const MARKS: Readonly<Record<Finding['kind'], string>> = {
  error: 'Error',
  culprit: 'Slow',
  repetition: 'N+1',
  sequence: 'Serial',
  gap: 'Gap',
  skew: 'Clock',
  missing: 'Missing',
  unfinished: 'Open',
  collapsed: 'Folded',
  late: 'Later',
}

export const Findings = ({
  findings,
  chosen,
  onChoose,
}: {
  findings: readonly Finding[]
  chosen: Finding | undefined
  onChoose: (finding: Finding | undefined) => void
}): JSX.Element | null => {
  const [all, setAll] = useState(false)
  if (findings.length === 0) return null
  return (
    <section class="findings" aria-label="Findings">
      <ul>
        {(all ? findings : findings.slice(0, FEW)).map((finding) => (
          <li key={finding.title}>
            <button
              type="button"
              aria-pressed={chosen?.title === finding.title}
              onClick={() => onChoose(chosen?.title === finding.title ? undefined : finding)}
            >
              <b class={`mark ${finding.kind}`}>{MARKS[finding.kind]}</b>
              <span>
                <strong>{finding.title}</strong>
                <small>{finding.detail}</small>
              </span>
            </button>
          </li>
        ))}
      </ul>
      {findings.length > FEW ? (
        <button type="button" class="link" onClick={() => setAll(!all)}>
          {all ? 'Show less' : `${findings.length - FEW} more`}
        </button>
      ) : null}
    </section>
  )
}
