// In: a URL. Out: the same without what must not leave: credentials and secret query values.
// Must stay true: linear in the length of the URL; the key of a secret stays, so that one can see it was there.

/** Query keys whose value is replaced: the list of the HTTP conventions (case-sensitive), then keys that name a secret. */
const SECRET_QUERY =
  /([?&](?:X-Amz-(?:Signature|Credential|Security-Token)|AWSAccessKeyId|Signature|sig|X-Goog-Signature|(?:[\w-]*[_-])?(?:token|secret|password|passwd|api[_-]?key|apikey|access[_-]?key)|auth|code)=)[^&#]*/gi

/** `url.full` and `url.query` without secrets (semantic conventions 1.44, HTTP spans, `url.full`). */
export function redactUrl(url: string): string {
  return url.replace(/^([a-z][\w+.-]*:\/\/)[^/?#]*@/i, '$1REDACTED:REDACTED@').replace(SECRET_QUERY, '$1REDACTED')
}
