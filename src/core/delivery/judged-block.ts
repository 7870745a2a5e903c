import type { Vector } from '../columns/vector.ts';
import type { Field } from '../schema/field.ts';
import type { DiscardedEvent, SourceEvent } from './judged-event.ts';
import { type Position, positionKey } from './position.ts';
import type { StreamPlan } from './stream-plan.ts';

/** What the events of one stream record have in common. */
export interface BlockRecord {
  /** Zero-padded, see Position. */
  readonly sequence: string;
  readonly arrivalMicros: bigint;
}

/** Events of one stream with their verdicts, as columns, in position order. */
export interface JudgedBlock {
  /** Mapped columns and rules are alike in the plans of all its readers. */
  readonly plan: StreamPlan;
  readonly length: number;
  readonly records: readonly BlockRecord[];
  /** By row: index of the record, and place in it. */
  readonly recordOf: Int32Array;
  readonly subSequences: Int32Array;
  /** 1 for an accepted row, 0 for a discarded one. What the columns hold of a discarded row is undefined. */
  readonly accepted: Uint8Array;
  /** In position order. */
  readonly discarded: readonly DiscardedEvent[];
  readonly schemaVersions: Int32Array;
  /** Microseconds. */
  readonly eventTimes: BigInt64Array;
  /** The stream's fields, and their vectors in the same order. */
  readonly fields: readonly Field[];
  readonly vectors: readonly Vector[];
  /** One per mapping of the plan. */
  readonly mapped: readonly Vector[];
  /** Names of the flag rules that do not hold, joined by commas; missing where all hold. */
  readonly flags: Vector;
  /** Text of fields outside the schema, by row. */
  readonly extras: ReadonlyMap<number, string>;
  /** The row's event as it arrived, for the few that need it. */
  readonly sourceOf: (row: number) => SourceEvent;
}

/** 1 for rows at one of these positions (positionKey), for instance those that were filed elsewhere before. */
export function rowsAt(block: JudgedBlock, positions: ReadonlySet<string>): Uint8Array {
  const found = new Uint8Array(block.length);
  if (positions.size === 0) return found;
  for (let row = 0; row < block.length; row++) {
    if (positions.has(positionKey(positionOfRow(block, row)))) found[row] = 1;
  }
  return found;
}

/** Position of a row. */
export function positionOfRow(
  block: Pick<JudgedBlock, 'records' | 'recordOf' | 'subSequences'>,
  row: number,
): Position {
  const { sequence } = block.records[block.recordOf[row]!]!;
  return { sequence, subSequence: block.subSequences[row]! };
}
