/** Whether the optional faiss-node can be used here. */

/** Why not, or undefined. */
export async function missingFaissNode(): Promise<string | undefined> {
  try {
    await import('faiss-node');
    return undefined;
  } catch {
    return 'faiss-node has no binding here: npx tsx scripts/build-faiss-node.ts';
  }
}
