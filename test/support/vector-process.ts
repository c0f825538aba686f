/**
 * A process of its own that writes and searches one persona with vectors, driven by messages from a test.
 */
import { createHashEmbedder } from './hash-embedder.ts';
import { openTestWorkspace } from './workspace.ts';

export type VectorCommand =
  | { readonly do: 'add'; readonly texts: readonly string[] }
  | { readonly do: 'nearest'; readonly text: string; readonly limit: number }
  | { readonly do: 'snapshot' }
  | { readonly do: 'close' };

const [dataFolder = '', name = ''] = process.argv.slice(2);
const workspace = await openTestWorkspace({ dataFolder, embedder: createHashEmbedder(), process: name });

async function answer(command: VectorCommand): Promise<readonly string[]> {
  switch (command.do) {
    case 'add': {
      const keys: string[] = [];
      for (const text of command.texts) keys.push((await workspace.add(text)).key);
      return keys;
    }
    case 'nearest':
      return workspace.nearest(command.text, command.limit);
    case 'snapshot':
      await workspace.indexSync.snapshot('now');
      return [];
    case 'close':
      await workspace.close();
      return [];
  }
}

process.on('message', (command: VectorCommand) => {
  answer(command).then(
    (keys) => process.send?.({ keys }),
    (error: unknown) => process.send?.({ error: String(error) }),
  );
});
process.send?.({ keys: ['ready'] });
