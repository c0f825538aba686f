/** The object in the first line of a JSON Lines document, by which its format is recognised. */
export function firstObject(beginning: string): Readonly<Record<string, unknown>> | undefined {
  const [line = ''] = beginning.trimStart().split('\n', 1);
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
