/**
 * What the configuration of the original system held and this one has no use for. Such a key or variable is accepted,
 * so that nobody has to edit a file in order to move over, and the loader says so once.
 */
const retiredKeys = ['sentiment_model', 'summarization', 'log_file'] as const;

/** Whether a top-level key of the file is one of them. */
export const isRetiredKey = (key: string): boolean => retiredKeys.some((retired) => retired === key);

/** Whether a variable sets one of them: `MEMORY_MCP_LOG_FILE`, `MEMORY_MCP_SUMMARIZATION__ENABLED`. */
export function isRetiredVariable(variable: string): boolean {
  return retiredKeys.some((key) => {
    const name = `MEMORY_MCP_${key.toUpperCase()}`;
    return variable === name || (key === 'summarization' && variable.startsWith(`${name}_`));
  });
}

export function retiredWarning(names: readonly string[]): string {
  const verb = names.length === 1 ? 'belongs' : 'belong';
  return `${names.join(', ')} ${verb} to the original system and ${names.length === 1 ? 'has' : 'have'} no effect here`;
}

/** A value that the original knew under another word, as today's word; undefined for everything else. */
export function currentWord(key: string, value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  if (key === 'vector_rebuild.mode' && value === 'auto') return 'idle';
  if (key === 'embeddings_device' && /^cuda:\d+$/.test(value)) return 'cuda';
  if (key === 'embeddings_device' && value === 'mps') return 'cpu';
  return undefined;
}
