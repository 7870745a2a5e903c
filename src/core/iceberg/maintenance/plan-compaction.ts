import type { LiveDataFile } from './live-inventory.ts';

/** Files of one partition that become fewer. */
export interface CompactionGroup {
  readonly specId: number;
  readonly partitionKey: string;
  readonly files: readonly LiveDataFile[];
  readonly sizeBytes: number;
  readonly rowCount: number;
}

export interface CompactionLimits {
  /** Size a file should have. */
  readonly targetFileBytes: number;
  /** Rows that fit into memory: a file never gets more. */
  readonly maxFileRows: number;
  /** A partition with fewer small files is left alone, unless they make a full file or rows of it are deleted. */
  readonly minInputFiles: number;
  /** Files rewritten in one run together; one group is always taken, however large. */
  readonly maxRewriteBytes: number;
}

export interface CompactionPlan {
  /** The partitions with most files first. */
  readonly groups: readonly CompactionGroup[];
  /** Files that are small but in a partition that still takes rows, or too few there. */
  readonly waitingFiles: number;
  /** Files due for a later run. */
  readonly postponedFiles: number;
}

/** A file of this part of the target size is large enough: to rewrite it would win nothing. */
const LARGE_FRACTION = 0.75;
/** The same of the rows a file can have: two of more rows each could not become one. */
const LARGE_ROWS_FRACTION = 0.5;

/**
 * Chooses what to rewrite: in partitions that are closed, all files that are small or have deleted rows, packed into groups of about
 * the target size in their order (by the bound of the sort column, then age), so that neighbours stay together.
 */
export function planCompaction(
  files: readonly LiveDataFile[],
  limits: CompactionLimits,
  isClosed: (file: LiveDataFile) => boolean,
): CompactionPlan {
  const due: CompactionGroup[] = [];
  let waitingFiles = 0;
  for (const [key, members] of Map.groupBy(files, (file) => file.partitionKey)) {
    const candidates = members.filter((file) => isCandidate(file, limits));
    const [first] = candidates;
    if (first === undefined) continue;
    const groups = isClosed(first) ? packFiles(key, candidates, limits) : [];
    waitingFiles += candidates.length - countFiles(groups);
    due.push(...groups);
  }
  const ordered = due.toSorted((a, b) => b.files.length - a.files.length);
  const groups = withinBytes(ordered, limits.maxRewriteBytes);
  const postponed = ordered.slice(groups.length);
  return {
    groups,
    waitingFiles,
    postponedFiles: countFiles(postponed),
  };
}

function countFiles(groups: readonly CompactionGroup[]): number {
  return groups.reduce((sum, group) => sum + group.files.length, 0);
}

function isCandidate(file: LiveDataFile, limits: CompactionLimits): boolean {
  const isSmall =
    file.sizeBytes < limits.targetFileBytes * LARGE_FRACTION &&
    file.rowCount < limits.maxFileRows * LARGE_ROWS_FRACTION;
  return isSmall || file.deletes.length > 0;
}

/** A group that still takes files. */
interface OpenGroup extends CompactionGroup {
  readonly files: LiveDataFile[];
  sizeBytes: number;
  rowCount: number;
}

/**
 * Groups worth rewriting: each becomes one file, so that every run leaves fewer, and none is rewritten for ever. A large file with
 * deleted rows is one of its own.
 */
function packFiles(
  partitionKey: string,
  candidates: readonly LiveDataFile[],
  limits: CompactionLimits,
): readonly CompactionGroup[] {
  const groups: OpenGroup[] = [];
  for (const file of candidates.toSorted(inOrder)) {
    let group = groups.at(-1);
    if (group === undefined || !fits(group, file, limits)) {
      group = { specId: file.specId, partitionKey, files: [], sizeBytes: 0, rowCount: 0 };
      groups.push(group);
    }
    group.files.push(file);
    group.sizeBytes += file.sizeBytes;
    group.rowCount += file.rowCount;
  }
  return groups.filter(({ files }, index) => {
    // What follows a group did not fit into it.
    const isFull = index < groups.length - 1;
    const least = isFull ? 2 : Math.max(2, limits.minInputFiles);
    return files.length >= least || files.some(({ deletes }) => deletes.length > 0);
  });
}

function fits(group: CompactionGroup, file: LiveDataFile, limits: CompactionLimits): boolean {
  return (
    group.sizeBytes + file.sizeBytes <= limits.targetFileBytes &&
    group.rowCount + file.rowCount <= limits.maxFileRows
  );
}

function inOrder(a: LiveDataFile, b: LiveDataFile): number {
  const byBound = compareBounds(a.lower, b.lower);
  if (byBound !== 0) return byBound;
  if (a.sequenceNumber !== b.sequenceNumber) return a.sequenceNumber < b.sequenceNumber ? -1 : 1;
  return a.filePath < b.filePath ? -1 : 1;
}

function compareBounds(a: LiveDataFile['lower'], b: LiveDataFile['lower']): number {
  if (a === null || b === null) return Number(a !== null) - Number(b !== null);
  return a < b ? -1 : a > b ? 1 : 0;
}

function withinBytes(
  groups: readonly CompactionGroup[],
  maxBytes: number,
): readonly CompactionGroup[] {
  let bytes = 0;
  const end = groups.findIndex((group, index) => {
    bytes += group.sizeBytes;
    return index > 0 && bytes > maxBytes;
  });
  return end < 0 ? groups : groups.slice(0, end);
}
