import type { InheritedEntry } from '../spec/manifest-entry.ts';
import type { ManifestFile } from '../spec/manifest-list.ts';
import { partitionKey } from '../transform/partition-tuple.ts';
import type { ProblemReport } from './problem.ts';

/** What may never change of a file once it is in the table. Source: Iceberg v2 §Sequence Number Inheritance. */
interface FileFacts {
  readonly sequenceNumber: bigint;
  readonly fileSequenceNumber: bigint;
  readonly recordCount: bigint;
  readonly fileSizeBytes: bigint;
  readonly content: string;
  readonly partition: string;
  readonly specId: number;
  /** Snapshot that added it; not told by an entry that marks it deleted. */
  readonly snapshotId: bigint | null;
}

/** Remembers every file over all manifests, so that an old file that a new manifest tells otherwise is found. */
export class FileHistory {
  readonly #facts = new Map<string, FileFacts>();

  check(entry: InheritedEntry, listed: ManifestFile, report: ProblemReport): void {
    const { file } = entry;
    const facts: FileFacts = {
      sequenceNumber: entry.sequenceNumber,
      fileSequenceNumber: entry.fileSequenceNumber,
      recordCount: file.recordCount,
      fileSizeBytes: file.fileSizeBytes,
      content: entry.content,
      partition: partitionKey(file.partition),
      specId: listed.partitionSpecId,
      snapshotId: entry.status === 'deleted' ? null : entry.snapshotId,
    };
    const known = this.#facts.get(file.filePath);
    this.#facts.set(file.filePath, {
      ...facts,
      snapshotId: facts.snapshotId ?? known?.snapshotId ?? null,
    });
    if (known === undefined) return;
    for (const key of Object.keys(facts) as (keyof FileFacts)[]) {
      const isSame = known[key] === facts[key] || (key === 'snapshotId' && isUntold(known, facts));
      report.require(
        isSame,
        file.filePath,
        `expected ${key} ${known[key]} in every manifest, got ${facts[key]} in ${listed.manifestPath}`,
      );
    }
  }
}

function isUntold(known: FileFacts, facts: FileFacts): boolean {
  return known.snapshotId === null || facts.snapshotId === null;
}
