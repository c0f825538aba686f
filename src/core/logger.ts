/**
 * Logging as the rest of the code sees it: four levels, a sentence and some fields.
 * Standard output belongs to the protocol, so the lines go wherever `write` sends them; memory text never goes in.
 */
export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];
export type LogFields = Readonly<Record<string, unknown>>;

export interface LoggerDeps {
  /** Called for each line: a changed setting applies at once. */
  level: () => LogLevel;
  write: (line: string) => void;
}

/** One line a message: `memory-mcp warn: text {"field":1}`. */
export function createLogger({ level, write }: LoggerDeps) {
  const at = (own: LogLevel) => (message: string, fields?: LogFields) => {
    if (logLevels.indexOf(own) < logLevels.indexOf(level())) return;
    write(`memory-mcp ${own}: ${message}${fields === undefined ? '' : ` ${JSON.stringify(fields)}`}\n`);
  };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

export type Logger = ReturnType<typeof createLogger>;

export const silentLogger: Logger = createLogger({ level: () => 'silent', write: () => {} });
