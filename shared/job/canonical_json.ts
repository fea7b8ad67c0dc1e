// Canonical JSON: one text for one value, so that its digest is the value's identity. RFC 8785: keys sorted by UTF-16
// code units, no white space, numbers and strings as JSON.stringify writes them.

/** @throws TypeError for what JSON does not hold. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).filter(([, entry]) => entry !== undefined);
    entries.sort(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0));
    return `{${entries.map(([key, entry]) => `${JSON.stringify(key)}:${canonicalJson(entry)}`).join(',')}}`;
  }
  const isJson = value === null || typeof value === 'boolean' || typeof value === 'string' || Number.isFinite(value);
  if (!isJson) throw new TypeError(`canonical JSON cannot hold ${String(value)}`);
  return JSON.stringify(value);
}
