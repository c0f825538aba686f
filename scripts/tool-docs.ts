/**
 * Renders the operations for people: the table of the README and the page of every tool with its arguments.
 */
import * as z from 'zod';
import type { Operation } from '../src/operation/operation.ts';
import type { Prompt } from '../src/operation/prompt.ts';

const effects = { read: 'reads', write: 'writes', destroy: 'changes or removes' } as const;

export function renderToolTable(operations: readonly Operation[]): string {
  const rows = operations.map(
    ({ name, set, effect, description }) =>
      `| \`${name}\` | ${set} | ${effects[effect]} | ${firstSentence(description)} |`,
  );
  return ['| Tool | Set | Effect | What |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

export interface ToolPageDeps {
  readonly operations: readonly Operation[];
  readonly resources: readonly { uri: string; description: string }[];
  readonly prompts: readonly Prompt[];
}

export function renderToolPage({ operations, resources, prompts }: ToolPageDeps): string {
  return `# Tools, resources and prompts

Written by \`npm run generate\` from the operations in \`src/operation/\`. Every tool is also \`memory-mcp call <tool> '<JSON>'\`.

How arguments are read: null is the same as leaving an argument out. Numbers and booleans may be written as text, lists and objects as JSON text, and one text stands for a list of one. Arguments that a tool does not have are left out and named in the reply (\`ignored\`); they are refused where that could do harm: a misspelt one on a tool that writes, \`dry_run\` and the like, a misspelt filter, another persona.

${operations.map(renderTool).join('\n')}
## Resources

| URI | What |
| --- | --- |
${resources.map(({ uri, description }) => `| \`${uri}\` | ${description} |`).join('\n')}

## Prompts

| Prompt | What | Arguments |
| --- | --- | --- |
${prompts.map(({ name, description, arguments: given }) => `| \`${name}\` | ${description} | ${given.map((argument) => `\`${argument.name}\`: ${argument.description}`).join(' ')} |`).join('\n')}
`;
}

function renderTool(operation: Operation): string {
  const { properties = {}, required = [] } = z.toJSONSchema(operation.input, { io: 'input' });
  const rows = Object.entries(properties).map(([name, schema]) => {
    const description = typeof schema === 'object' ? (schema.description ?? '') : '';
    return `| \`${name}\` | ${kindOf(schema)} | ${required.includes(name) ? 'yes' : ''} | ${description.replaceAll('|', '\\|')} |`;
  });
  const table =
    rows.length === 0
      ? 'No arguments.'
      : ['| Argument | Kind | Required | Meaning |', '| --- | --- | --- | --- |', ...rows].join('\n');
  return `## ${operation.name}

${operation.description}

Set: ${operation.set}. Effect: ${effects[operation.effect]}.

${table}
`;
}

/** What a value may be, in a few words. */
function kindOf(schema: unknown): string {
  if (typeof schema !== 'object' || schema === null) return 'any';
  const {
    type,
    enum: words,
    items,
    anyOf,
    minimum,
    maximum,
    maxLength,
    default: fallback,
  } = schema as z.core.JSONSchema.JSONSchema; // from z.toJSONSchema
  const alternatives = anyOf?.map(kindOf).join(' or ');
  const base =
    words?.map((word) => `\`${word}\``).join(', ') ??
    alternatives ??
    (type === 'array' ? `list of ${kindOf(items)}` : (type ?? 'any'));
  const bounds = boundsOf(minimum, maximum, maxLength);
  return [`${base}${bounds}`, ...(fallback === undefined ? [] : [`default \`${JSON.stringify(fallback)}\``])]
    .join('; ')
    .replaceAll('|', '\\|');
}

function boundsOf(minimum: number | undefined, maximum: number | undefined, maxLength: number | undefined): string {
  if (maxLength !== undefined) return `, at most ${maxLength.toLocaleString('en')} characters`;
  if (minimum === undefined && maximum === undefined) return '';
  const most = maximum === undefined || maximum === Number.MAX_SAFE_INTEGER ? '' : ` to ${maximum}`;
  return minimum === undefined ? `, at most ${maximum}` : `, ${minimum}${most || ' or more'}`;
}

function firstSentence(text: string): string {
  return `${text.split(/(?<=[.:])\s/)[0] ?? text}`.replace(/:$/, '.');
}
