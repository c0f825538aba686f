/**
 * Fields that an operation does not have. Clients add some of their own to every call, which are ignored and named in the
 * reply. A field is refused where ignoring it could do harm: a misspelt one on an operation that writes, one that asks
 * for caution, one that would have narrowed what is read, and a persona, which only the connection decides.
 */
import { editDistance } from '../core/text/edit-distance.ts';
import type { Effect } from './effect.ts';

export interface UnknownFieldContext {
  readonly operation: string;
  readonly effect: Effect;
  /** The names that the operation knows, and those of them that were given. */
  readonly known: readonly string[];
  readonly given: ReadonlySet<string>;
}

/** Why the field is refused, in words that follow its name; undefined if it can be ignored. */
export function refusalOfUnknown(name: string, context: UnknownFieldContext): string | undefined {
  const { operation, effect, known } = context;
  if (otherPersona.test(name)) return 'the connection decides which persona is served, so leave it out';
  const words = wordsOf(name);
  const nearest = nearestField(name, context);
  if (nearest !== undefined) return `is not a field of ${operation}; did you mean ${nearest}?`;
  if (effect !== 'read' && words.some((word) => cautious.has(word))) {
    return `is not a field of ${operation}, which would act without heeding it`;
  }
  const filters = known.filter((field) => narrowing.has(field));
  if (effect === 'read' && filters.length > 0 && words.some((word) => filtering.has(word))) {
    return `is not a field of ${operation}; its filters are ${filters.join(', ')}`;
  }
  return undefined;
}

const otherPersona = /^persona(?:[_-]?(?:id|name))?$/i;

/** Words of fields that ask an operation to hold back. */
const cautious = new Set(
  `dry dryrun confirm confirmed confirmation preview simulate simulated simulation expect expected version unless if only
  soft safe safely rehearse etag`.split(/\s+/),
);

/** The filters. A search that leaves one out finds more than was asked for. */
const narrowing = new Set([
  'tags',
  'tag_match',
  'date_range',
  'min_importance',
  'include_deleted',
  'deleted',
  'emotion',
  'physical_state',
  'mental_state',
  'environment',
  'relationship_status',
  'action_tag',
]);
/** Words that ask for a filter without naming one. */
const filtering = new Set(['filter', 'where', 'exclude', 'query', 'search', 'keyword', 'threshold', 'score']);

/** Other words for a filter. */
const otherWordsOfReads: Readonly<Record<string, string>> = {
  since: 'date_range',
  until: 'date_range',
  before: 'date_range',
  after: 'date_range',
  from: 'date_range',
  start: 'date_range',
  end: 'date_range',
  day: 'date_range',
  period: 'date_range',
  when: 'date_range',
  label: 'tags',
  category: 'tags',
  mood: 'emotion',
  feeling: 'emotion',
};

/** Other words for what is written. */
const otherWordsOfWrites: Readonly<Record<string, string>> = {
  date: 'occurred_at',
  when: 'occurred_at',
  happened: 'occurred_at',
  done: 'status',
  completed: 'status',
  closed: 'status',
};

/** Words that many fields have, or that clients use for themselves. */
const common = new Set(
  `min max include match range info status state order mode detail limit expected query cursor related to key text top
  offset action user version`.split(/\s+/),
);

function nearestField(name: string, { effect, known, given }: UnknownFieldContext): string | undefined {
  const same = known.find((field) => flat(field) === flat(name));
  if (same !== undefined) return same;
  const missing = known.filter((field) => !given.has(field));
  const misspelt = missing.find((field) => isMisspelling(name, field, effect));
  if (misspelt !== undefined) return misspelt;
  const candidates = effect === 'read' ? missing.filter((field) => narrowing.has(field)) : missing;
  const related = candidates.find((field) => sharesWords(name, field));
  if (related !== undefined) return related;
  const others = effect === 'read' ? otherWordsOfReads : otherWordsOfWrites;
  return candidates.find((field) => wordsOf(name).some((word) => others[word] === field));
}

/** On a read a short name is more likely a field of the client's own: `model` is not a misspelt `mode`. */
function isMisspelling(name: string, field: string, effect: Effect): boolean {
  const [one, other] = [flat(name), flat(field)];
  const shortest = Math.min(one.length, other.length);
  if (shortest < (effect === 'read' ? 5 : 4)) return false;
  return editDistance(one, other) <= (Math.max(one.length, other.length) >= 6 ? 2 : 1);
}

function sharesWords(name: string, field: string): boolean {
  const own = new Set(wordsOf(field));
  return wordsOf(name).some((word) => own.has(word) && !common.has(word));
}

/** The words of a name in any of the usual spellings, lower case and in the singular. */
function wordsOf(name: string): string[] {
  return name
    .slice(0, longestName)
    .replace(/([a-z\d])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '')
    .map((word) => (word.length > 3 ? word.replace(/(?<!s)s$/, '') : word));
}

const longestName = 60;

function flat(name: string): string {
  return wordsOf(name).join('');
}
