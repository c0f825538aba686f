/** What an import did, or would do: counts, reasons and places, and never a text that was read. */

export interface ImportCounts {
  /** Memories that were found in the input. */
  found: number;
  new: number;
  /** Older here than in the input. What was here is kept as a version. */
  updated: number;
  /** Here already. */
  duplicate: number;
  /** Permanently deleted here. They stay so. */
  erased: number;
  /** In the input, and nothing is made of them. */
  skipped: number;
  /** Left out because they look like a key or password. */
  left_out: number;
  /** New ones beyond the limit of this run. */
  remaining: number;
}

export interface ImportReport extends ImportCounts {
  readonly format: string;
  readonly documents: number;
  readonly dry_run: boolean;
  /** Entries of the context that were taken over. */
  readonly context: readonly string[];
  readonly reasons: readonly { readonly reason: string; readonly count: number; readonly places: readonly string[] }[];
  readonly secrets: readonly { readonly place: string; readonly kind: string }[];
  /** Fields that no memory has, and how often they occurred. */
  readonly ignored_fields: Readonly<Record<string, number>>;
}

const shownPlaces = 5;
const shownSecrets = 100;

export function createReport() {
  const counts: ImportCounts = {
    found: 0,
    new: 0,
    updated: 0,
    duplicate: 0,
    erased: 0,
    skipped: 0,
    left_out: 0,
    remaining: 0,
  };
  const reasons = new Map<string, { count: number; places: string[] }>();
  const secrets: { place: string; kind: string }[] = [];
  const ignored = new Map<string, number>();
  const context = new Set<string>();
  return {
    counts,
    context,
    skip(place: string, reason: string): void {
      counts.skipped += 1;
      const known = reasons.get(reason) ?? { count: 0, places: [] };
      known.count += 1;
      if (known.places.length < shownPlaces) known.places.push(place);
      reasons.set(reason, known);
    },
    secret(place: string, kind: string): void {
      if (secrets.length < shownSecrets) secrets.push({ place, kind });
    },
    ignore(fields: readonly string[]): void {
      for (const field of fields) ignored.set(field, (ignored.get(field) ?? 0) + 1);
    },
    finish: (about: Pick<ImportReport, 'format' | 'documents' | 'dry_run'>): ImportReport => ({
      ...about,
      ...counts,
      context: [...context],
      reasons: [...reasons]
        .map(([reason, known]) => ({ reason, ...known }))
        .sort((one, other) => other.count - one.count),
      secrets,
      ignored_fields: Object.fromEntries(ignored),
    }),
  };
}

export type ReportInProgress = ReturnType<typeof createReport>;
