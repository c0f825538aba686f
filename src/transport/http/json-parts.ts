/**
 * Counts what parsing a JSON text would make, without parsing it. A few megabytes hold a million members or levels, and
 * parsing, checking and reporting them would stop every other request for seconds.
 */
const [quote, backslash, comma, bracket, brace] = [...Buffer.from('"\\,[{')];

/** Whether `json` has more than `limit` commas and opening brackets outside its strings. */
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
