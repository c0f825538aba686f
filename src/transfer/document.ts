/** One document of an import, wherever it lies. */
export interface Document {
  /** Relative to the input, with "/" between its parts. */
  readonly name: string;
  readonly bytes: number;
  readonly modified: Date;
  /** Can be read several times. Throws if it has changed since the input was opened. */
  open(): AsyncIterable<Uint8Array>;
}
