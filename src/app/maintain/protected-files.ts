import type { SourceChain } from '#core/delivery/source-chain.ts';
import type { ObjectStore } from '#ports/object-store.ts';
import { readDescriptor } from '../stage/read-descriptor.ts';

/** What writers have staged and nobody has committed yet. */
export interface StagedFiles {
  /** Data files and descriptors of the batches, all tables. */
  readonly paths: ReadonlySet<string>;
  /** When the oldest of the batches was staged; null without any. */
  readonly oldestMs: number | null;
}

/** Reads every pending batch of the chains. Throws when a descriptor cannot be read: then nobody knows what must stay. */
export async function readStagedFiles(
  store: Pick<ObjectStore, 'get'>,
  chains: readonly SourceChain[],
): Promise<StagedFiles> {
  const paths = new Set<string>();
  let oldestMs: number | null = null;
  for (const link of chains.flatMap(({ links }) => links)) {
    oldestMs = Math.min(oldestMs ?? link.stagedAtMs, link.stagedAtMs);
    paths.add(link.descriptor.uri);
    const batch = await readDescriptor(store, link);
    for (const { files } of batch.tables.values()) {
      for (const { filePath } of files) paths.add(filePath);
    }
  }
  return { paths, oldestMs };
}
