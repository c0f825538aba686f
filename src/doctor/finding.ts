/** What the doctor says about one thing, and how it mends what can be mended without risk. */

/** `note` is worth knowing and needs nothing; `warning` costs something; `error` keeps memories from being used. */
export type Severity = 'ok' | 'note' | 'warning' | 'error';

export interface Finding {
  /** What was looked at: "Node", "data folder", "persona nilou". */
  readonly subject: string;
  readonly severity: Severity;
  readonly found: string;
  /** What that means for the user. */
  readonly meaning?: string | undefined;
  /** The next step. */
  readonly fix?: string | undefined;
  /** What `--fix` does. Changes derived data only, and returns what was done. */
  readonly repair?: (() => Promise<string>) | undefined;
}
