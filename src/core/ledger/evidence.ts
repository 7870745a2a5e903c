import type { Position } from '../delivery/position.ts';

/** Positions from `first` to `last`, both included. */
export interface PositionRange {
  readonly first: Position;
  readonly last: Position;
}

/** Where the counts of an entry come from, so that a person can look. */
export type Evidence =
  | { readonly kind: 'records'; readonly first: string; readonly last: string }
  | ({
      readonly kind: 'snapshot';
      readonly snapshotId: bigint;
      /** The table was rolled back to before the snapshot: its counts are taken back. */
      readonly rolledBack: boolean;
    } & PositionRange)
  | ({ readonly kind: 'failure'; readonly uri: string } & PositionRange)
  | { readonly kind: 'receipt'; readonly producer: string; readonly total: number }
  /** Anything else, in words. */
  | { readonly kind: 'words'; readonly text: string };

/** Evidence that says which events of a source it speaks of. */
export type RangeEvidence = Extract<Evidence, { readonly kind: 'snapshot' | 'failure' }>;

export function formatEvidence(evidence: Evidence): string {
  switch (evidence.kind) {
    case 'records':
      return `records ${evidence.first} to ${evidence.last}`;
    case 'snapshot':
      return `snapshot ${evidence.snapshotId}${evidence.rolledBack ? ' rolled back' : ''}, ${formatRange(evidence)}`;
    case 'failure':
      return `${evidence.uri}, ${formatRange(evidence)}`;
    case 'receipt':
      return `${evidence.producer}: ${evidence.total} events acknowledged in all`;
    case 'words':
      return evidence.text;
  }
}

const RANGE = /^(.*), events (\d{56})\/(\d+) to (\d{56})\/(\d+)$/s;
const SNAPSHOT = /^snapshot (\d+)( rolled back)?$/;

/** Reads evidence with a range back from the journal; null for every other. */
export function parseRangeEvidence(text: string): RangeEvidence | null {
  const match = RANGE.exec(text);
  if (match === null) return null;
  const [, subject = '', firstSequence = '', firstSub, lastSequence = '', lastSub] = match;
  const first = { sequence: firstSequence, subSequence: Number(firstSub) };
  const last = { sequence: lastSequence, subSequence: Number(lastSub) };
  const snapshot = SNAPSHOT.exec(subject);
  if (snapshot === null) return { kind: 'failure', uri: subject, first, last };
  const rolledBack = snapshot[2] !== undefined;
  return { kind: 'snapshot', snapshotId: BigInt(snapshot[1] ?? 0), rolledBack, first, last };
}

function formatRange({ first, last }: PositionRange): string {
  return `events ${formatPosition(first)} to ${formatPosition(last)}`;
}

function formatPosition({ sequence, subSequence }: Position): string {
  return `${sequence}/${subSequence}`;
}
