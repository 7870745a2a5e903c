import { SluiceError } from '../../errors.ts';
import { MAIN_BRANCH, type SnapshotRef } from '../spec/snapshot.ts';
import { snapshotById, type TableMetadata } from '../spec/table-metadata.ts';
import { setCurrentSnapshot } from './set-current-snapshot.ts';
import { isAncestor } from './snapshot-line.ts';

/** What a branch or tag shall be. Source: Iceberg v2 §Snapshot References. */
export type RefRequest =
  | { readonly type: 'tag'; readonly snapshotId: bigint; readonly maxRefAgeMs?: number }
  | {
      readonly type: 'branch';
      readonly snapshotId: bigint;
      readonly maxRefAgeMs?: number;
      readonly minSnapshotsToKeep?: number;
      readonly maxSnapshotAgeMs?: number;
    };

/**
 * Creates a branch or tag, or moves the one there is; retention is what the request says, nothing is carried over.
 * Without an effective change the same object comes back. The main branch keeps its retention of snapshots and is
 * moved as rolling back does (see setCurrentSnapshot).
 * Throws TABLE_INVALID for a snapshot the table does not have, a name without a character, a retention below 1, a
 * tag in the place of a branch or the other way round, and a main branch that would be a tag or end.
 */
export function setSnapshotRef(
  metadata: TableMetadata,
  name: string,
  request: RefRequest,
  options: { readonly nowMs?: number } = {},
): TableMetadata {
  requireName(name);
  requireSnapshot(metadata, name, request.snapshotId);
  requireRetention(name, request);
  const before = metadata.refs[name];
  if (before !== undefined && before.type !== request.type) {
    throw invalid(name, `expected a ${request.type}, got a ${before.type}; remove it first`);
  }
  const ref = refOf(request);
  if (name === MAIN_BRANCH) return setMain(metadata, ref, options.nowMs);
  if (before !== undefined && sameRef(before, ref)) return metadata;
  return { ...metadata, refs: { ...metadata.refs, [name]: ref } };
}

/** Takes a branch or tag away; its snapshots stay until they expire. Throws TABLE_INVALID for `main` and for a name that is not there. */
export function removeSnapshotRef(metadata: TableMetadata, name: string): TableMetadata {
  if (name === MAIN_BRANCH) throw invalid(name, 'the main branch cannot be removed');
  if (!Object.hasOwn(metadata.refs, name)) {
    throw invalid(name, `expected one of ${Object.keys(metadata.refs).join(', ') || 'no refs'}`);
  }
  const { [name]: _, ...refs } = metadata.refs;
  return { ...metadata, refs };
}

/**
 * Moves a branch to the snapshot of another ref, if that only adds commits: the branch's own snapshot is an ancestor
 * of the other's. Throws TABLE_INVALID where it is not.
 */
export function fastForward(
  metadata: TableMetadata,
  branch: string,
  options: { readonly to: string; readonly nowMs: number },
): TableMetadata {
  const from = requireRef(metadata, branch);
  const to = requireRef(metadata, options.to);
  if (from.type !== 'branch') throw invalid(branch, 'only a branch can be moved forward');
  if (from['snapshot-id'] === to['snapshot-id']) return metadata;
  if (!isAncestor(metadata, from['snapshot-id'], to['snapshot-id'])) {
    throw invalid(
      branch,
      `snapshot ${from['snapshot-id']} is no ancestor of ${to['snapshot-id']} (${options.to}): the lines have parted`,
    );
  }
  if (branch === MAIN_BRANCH) return setCurrentSnapshot(metadata, to['snapshot-id'], options);
  const ref = { ...from, 'snapshot-id': to['snapshot-id'] };
  return { ...metadata, refs: { ...metadata.refs, [branch]: ref } };
}

/** Main carries no age of its own, and what it says of its snapshots stays unless the request says otherwise. */
function setMain(
  metadata: TableMetadata,
  ref: SnapshotRef,
  nowMs: number | undefined,
): TableMetadata {
  if (ref.type !== 'branch' || ref['max-ref-age-ms'] !== undefined) {
    throw invalid(MAIN_BRANCH, 'expected a branch that never ends');
  }
  const moved = setCurrentSnapshot(metadata, ref['snapshot-id'], {
    nowMs: nowMs ?? metadata['last-updated-ms'],
  });
  const before = moved.refs[MAIN_BRANCH];
  const main = { ...before, ...ref };
  if (before !== undefined && sameRef(before, main)) return moved;
  return { ...moved, refs: { ...moved.refs, [MAIN_BRANCH]: main } };
}

function refOf(request: RefRequest): SnapshotRef {
  const { type, snapshotId, maxRefAgeMs } = request;
  const ref: SnapshotRef = {
    'snapshot-id': snapshotId,
    type,
    ...(maxRefAgeMs === undefined ? {} : { 'max-ref-age-ms': maxRefAgeMs }),
  };
  if (request.type === 'tag') return ref;
  const { minSnapshotsToKeep, maxSnapshotAgeMs } = request;
  return {
    ...ref,
    ...(minSnapshotsToKeep === undefined ? {} : { 'min-snapshots-to-keep': minSnapshotsToKeep }),
    ...(maxSnapshotAgeMs === undefined ? {} : { 'max-snapshot-age-ms': maxSnapshotAgeMs }),
  };
}

function sameRef(a: SnapshotRef, b: SnapshotRef): boolean {
  return (
    a['snapshot-id'] === b['snapshot-id'] &&
    a.type === b.type &&
    a['min-snapshots-to-keep'] === b['min-snapshots-to-keep'] &&
    a['max-snapshot-age-ms'] === b['max-snapshot-age-ms'] &&
    a['max-ref-age-ms'] === b['max-ref-age-ms']
  );
}

function requireName(name: string): void {
  if (name.trim() === '') throw invalid(name, 'expected a name with at least one character');
}

function requireSnapshot(metadata: TableMetadata, name: string, snapshotId: bigint): void {
  if (snapshotById(metadata, snapshotId) !== null) return;
  throw invalid(
    name,
    `expected a snapshot of the table, got ${snapshotId}; it never was or has expired`,
  );
}

function requireRetention(name: string, request: RefRequest): void {
  const { type: _type, snapshotId: _snapshotId, ...retention } = request;
  for (const [key, value] of Object.entries(retention)) {
    if (value === undefined || (Number.isSafeInteger(value) && value > 0)) continue;
    throw invalid(name, `expected ${key} to be a whole number above 0, got ${value}`);
  }
}

function requireRef(metadata: TableMetadata, name: string): SnapshotRef {
  const ref = Object.hasOwn(metadata.refs, name) ? metadata.refs[name] : undefined;
  if (ref !== undefined) return ref;
  throw invalid(name, `expected one of ${Object.keys(metadata.refs).join(', ') || 'no refs'}`);
}

function invalid(name: string, problem: string): SluiceError {
  return new SluiceError('TABLE_INVALID', `snapshot ref "${name}": ${problem}`, {
    context: { ref: name },
  });
}
