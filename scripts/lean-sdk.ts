/**
 * A plugin of the bundler that leaves out what the MCP SDK builds at every start and this server never uses: a JSON
 * Schema compiler of 295 KB, and the schemas of every protocol and OAuth type beside those that serve a connection. The
 * build fails where the SDK no longer looks as expected, instead of growing in silence.
 */
import { readFile } from 'node:fs/promises';
import type { Options } from 'tsup';
import ts from 'typescript';

type Plugin = NonNullable<Options['esbuildPlugins']>[number];

/** File names of the SDK (2.4), whose middle is a hash, and what becomes of their text. */
const changes: readonly { readonly file: RegExp; readonly change: (text: string) => string }[] = [
  { file: /@modelcontextprotocol[\\/]server[\\/]dist[\\/]shimsNode\.mjs$/, change: withoutJsonSchemaValidator },
  { file: /@modelcontextprotocol[\\/]core[\\/]dist[\\/](?:schemas|auth)-[\w-]+\.mjs$/, change: withRemovableConstants },
  { file: /@modelcontextprotocol[\\/]server[\\/]dist[\\/]src-[\w-]+\.mjs$/, change: withoutTableOfTypes },
];

export const leanSdk: Plugin = {
  name: 'lean-sdk',
  setup(build) {
    const missing = new Set(changes);
    for (const entry of changes) {
      build.onLoad({ filter: entry.file }, async ({ path }) => {
        const text = await readFile(path, 'utf8');
        const contents = entry.change(text);
        if (contents !== text) missing.delete(entry);
        return { contents, loader: 'js' };
      });
    }
    build.onEnd(() => ({
      errors: [...missing].map(({ file }) => ({
        text: `lean-sdk: nothing to change in ${file}: look at the SDK again`,
      })),
    }));
  },
};

/** It checks what users answer to a server's questions. This server asks none, and `createMcpServer` passes its own. */
function withoutJsonSchemaValidator(): string {
  return `
    import process from 'node:process';
    export { process };
    export class DefaultJsonSchemaValidator {
      getValidator() { throw new Error('memory-mcp has no JSON Schema validator'); }
    }`;
}

/**
 * Makes every constant that a call yields removable where nobody names it. Marking the outer call alone would leave the
 * calls among its arguments.
 */
function withRemovableConstants(text: string): string {
  const source = ts.createSourceFile('sdk.mjs', text, ts.ScriptTarget.Latest);
  const calls = source.statements
    .filter(ts.isVariableStatement)
    .flatMap(({ declarationList }) => declarationList.declarations)
    .flatMap(({ initializer }) => (initializer !== undefined && ts.isCallExpression(initializer) ? [initializer] : []));
  return calls.reduceRight((changed, call) => {
    const [start, end] = [call.getStart(source), call.getEnd()];
    return `${changed.slice(0, start)}/* @__PURE__ */ (() => ${changed.slice(start, end)})()${changed.slice(end)}`;
  }, text);
}

/** `specTypeSchemas` and `isSpecType` stay empty: they name every type there is, and nothing in src/ asks them. */
function withoutTableOfTypes(text: string): string {
  return text.replace(/^for \(const .* register\(.*\);$/gm, '');
}
