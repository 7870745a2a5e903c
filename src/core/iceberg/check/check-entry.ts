import type { ManifestEntry } from '../spec/manifest-entry.ts';
import type { ManifestFile } from '../spec/manifest-list.ts';
import type { CheckContext } from './check-context.ts';

/** Status, numbers and content of one manifest entry. Source: Iceberg v2 §Manifest Entry Fields, §Sequence Number Inheritance. */
export function checkEntry(
  entry: ManifestEntry,
  listed: ManifestFile,
  context: CheckContext,
): void {
  checkNumbers(entry, listed, context);
  checkContent(entry, listed, context);
}

function checkNumbers(entry: ManifestEntry, listed: ManifestFile, { report }: CheckContext): void {
  const where = entry.file.filePath;
  const { status, snapshotId, sequenceNumber, fileSequenceNumber } = entry;
  report.require(snapshotId !== null, where, 'expected a snapshot id');
  if (status !== 'existing') {
    report.require(
      snapshotId === null || snapshotId === listed.addedSnapshotId,
      where,
      `expected snapshot id ${listed.addedSnapshotId} of an entry that is ${status}, got ${snapshotId}`,
    );
  }
  if (status === 'added') {
    report.require(
      fileSequenceNumber === null,
      where,
      `expected the file sequence number of an added file to be inherited, got ${fileSequenceNumber}`,
    );
    report.require(
      sequenceNumber === null || sequenceNumber <= listed.sequenceNumber,
      where,
      `expected a sequence number up to ${listed.sequenceNumber}, got ${sequenceNumber}`,
    );
    return;
  }
  report.require(
    sequenceNumber !== null && fileSequenceNumber !== null,
    where,
    `expected explicit sequence numbers in an entry that is ${status}`,
  );
  if (sequenceNumber === null || fileSequenceNumber === null) return;
  report.require(
    sequenceNumber <= fileSequenceNumber && fileSequenceNumber < listed.sequenceNumber,
    where,
    `expected a file of an earlier commit than ${listed.sequenceNumber}, got sequence numbers ${sequenceNumber} and ${fileSequenceNumber}`,
  );
}

function checkContent(
  entry: ManifestEntry,
  listed: ManifestFile,
  { metadata, report }: CheckContext,
): void {
  const where = entry.file.filePath;
  const isData = entry.content === 'data';
  report.require(
    isData === (listed.content === 'data'),
    where,
    `expected ${listed.content} files in the manifest, got ${entry.content}`,
  );
  report.require(
    entry.fileFormat.toLowerCase() === 'parquet',
    where,
    `expected Parquet, got ${entry.fileFormat}`,
  );
  report.require(
    entry.content === 'equality-deletes'
      ? (entry.equalityIds ?? []).length > 0
      : entry.equalityIds === null,
    where,
    'expected equality_ids for equality deletes only',
  );
  const orderId = entry.sortOrderId;
  report.require(
    orderId === null || metadata['sort-orders'].some((order) => order['order-id'] === orderId),
    where,
    `expected the id of a sort order, got ${orderId}`,
  );
  report.require(
    entry.content !== 'position-deletes' || orderId === null,
    where,
    `expected no sort order of position deletes, got ${orderId}`,
  );
  report.require(
    !isData || entry.referencedDataFile === null,
    where,
    'expected no referenced_data_file of a data file',
  );
  report.require(entry.keyMetadata === null, where, 'expected no encryption key');
}
