/**
 * Settings of the original system that have no equivalent here. They are accepted with a warning, which lets users keep
 * their configuration when they migrate.
 */
const legacyKeys = ['sentiment_model', 'summarization', 'log_file'] as const;

/** Whether a top-level key of the file is a legacy key. */
export const isLegacyKey = (key: string): boolean => legacyKeys.some((legacyKey) => legacyKey === key);

/** Whether a variable sets a legacy key: `MEMORY_MCP_LOG_FILE`, `MEMORY_MCP_SUMMARIZATION__ENABLED`. */
export function isLegacyVariable(variable: string): boolean {
  return legacyKeys.some((key) => {
    const name = `MEMORY_MCP_${key.toUpperCase()}`;
    return variable === name || (key === 'summarization' && variable.startsWith(`${name}_`));
  });
}

export function warnOfLegacyNames(names: readonly string[]): string {
  const subject = names.length === 1 ? 'is a setting' : 'are settings';
  return `${names.join(', ')} ${subject} of the original system and ${names.length === 1 ? 'has' : 'have'} no effect`;
}

/** The current name of a value that the original system called differently; undefined for all other values. */
export function translateLegacyValue(key: string, value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  if (key === 'vector_rebuild.mode' && value === 'auto') return 'idle';
  if (key === 'embeddings_device' && value === 'mps') return 'cpu';
  return undefined;
}
