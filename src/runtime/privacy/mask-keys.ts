// In: keys, hooks. Out: one hook.
// Must stay true: a value under a matching key never gets through, whatever its type.
import type { AttributeValue } from '../../flush/model.ts'
import { MASK, type Mask, type Redact } from '../redact.ts'

/**
 * Replaces the values under keys that match: `maskKeys(/^user\.(id|email)$/, hmac(key))`. Arrays are masked item by item,
 * maps as their JSON.
 */
export function maskKeys(keys: RegExp, mask: Mask = MASK): Redact {
  // A global or sticky expression remembers where it stopped.
  const stateless = new RegExp(keys.source, keys.flags.replace(/[gy]/g, ''))
  const masked = (value: AttributeValue): AttributeValue => {
    if (value === undefined || value === null) return value
    if (Array.isArray(value)) return value.map(masked)
    return mask(typeof value === 'object' ? JSON.stringify(value) : String(value))
  }
  return (key, value) => (stateless.test(key) ? masked(value) : value)
}

/** Several hooks, in this order; the next one sees what the one before has left. */
export function allOf(...hooks: readonly Redact[]): Redact {
  return (key, value, where) => hooks.reduce((left, hook) => hook(key, left, where), value)
}
