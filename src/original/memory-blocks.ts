/**
 * The original system's memory blocks, which it showed at the start of every session: memories with the tag
 * "memory_block" here, pinned for the same reason.
 */
import { textIn, wordsIn } from './cells.ts';
import { type ExtraReading, extraMemory } from './extra-memory.ts';
import type { OriginalDatabase } from './original-database.ts';
import type { OriginalMemory } from './original-memory.ts';

export function readMemoryBlocks(database: OriginalDatabase, reading: ExtraReading): OriginalMemory[] {
  return database.rows('memory_blocks').flatMap((row) => {
    const name = wordsIn(row.block_name) ?? wordsIn(row.name);
    const { content, ...kept } = row;
    const text = textIn(content);
    if (name === undefined || text === undefined || text.trim() === '') return [];
    return extraMemory(
      {
        key: `memory_block_${name}`,
        content: text,
        tags: ['memory_block', name],
        created: [row.created_at, row.updated_at],
        updated: [row.updated_at],
        pinned: true,
        kept,
      },
      reading,
    );
  });
}
