/**
 * Counts the values in a JSON text without parsing it. A few megabytes can contain a million values or levels. Parsing,
 * validating and reporting them would block all other requests for seconds.
 */
const [quote, backslash, comma, bracket, brace] = [...Buffer.from('"\\,[{')];

/** Whether `json` has more than `limit` commas and opening brackets outside of strings. */
export function hasMorePartsThan(limit: number, json: Uint8Array): boolean {
  let parts = 0;
  let inString = false;
  for (let at = 0; at < json.length; at += 1) {
    const byte = json[at];
    if (inString) {
      if (byte === backslash) at += 1;
      else if (byte === quote) inString = false;
    } else if (byte === quote) inString = true;
    else if (byte === comma || byte === bracket || byte === brace) {
      parts += 1;
      if (parts > limit) return true;
    }
  }
  return false;
}
