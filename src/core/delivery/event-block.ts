import type { AvroRows, ColumnDecoder } from '../avro/columns/column-decoder.ts';
import type { ColumnTarget } from '../avro/columns/column-target.ts';
import { gather } from '../columns/gather.ts';
import type { Vector } from '../columns/vector.ts';
import { vectorsOf } from '../columns/vector-builder.ts';
import { hasCode } from '../errors.ts';
import type { Field, Row } from '../schema/field.ts';
import type { EventArena } from './event-arena.ts';
import { processingFailure } from './judged-event.ts';
import type { StreamPlan } from './stream-plan.ts';

/** How events of one writer schema are read into a block. */
export interface BlockReader {
  readonly plan: StreamPlan;
  readonly schemaVersion: number;
  /** Null for a version that cannot be read at all. */
  readonly decoder: ColumnDecoder | null;
  /** Decodes one event alone. Throws FORMAT_CORRUPT. */
  readonly decodeRow: (body: Uint8Array) => Row;
  /** Text of the fields outside the schema; null when the reader has a place for every field. */
  readonly readExtra: ((body: Uint8Array) => string | null) | null;
}

/** Rows of one writer schema that follow each other. */
export interface BlockRun {
  readonly from: number;
  readonly to: number;
  readonly reader: BlockReader;
}

/** Events of one stream in one arena, in position order, not yet decoded. */
export interface StreamEvents {
  /** The stream's name. */
  readonly stream: string;
  /** Number of the event in the arena, by row. */
  readonly events: Int32Array;
  readonly runs: readonly BlockRun[];
}

/** Events of one stream in one arena as columns, in position order. Valid until the target is filled again. */
export interface EventBlock {
  readonly stream: string;
  readonly length: number;
  readonly arena: EventArena;
  /** Number of the event in the arena, by row. */
  readonly events: Int32Array;
  readonly runs: readonly BlockRun[];
  /** Where the rows' bodies lie in the arena. */
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /** 0 for a row that does not decode; what its vectors hold is undefined. */
  readonly ok: Uint8Array;
  /** The stream's fields, and their vectors in the same order. */
  readonly fields: readonly Field[];
  readonly vectors: readonly Vector[];
  /** Text of fields outside the schema, by row. */
  readonly extras: ReadonlyMap<number, string>;
  /** What our code threw while it decoded columns, whereupon rows were decoded one by one; null if it did not. */
  readonly failure: unknown;
}

/** Decodes a stream's events into columns. Never throws for an event, nor when the decoder of columns fails. */
export function decodeBlock(
  arena: EventArena,
  { stream, events, runs }: StreamEvents,
  { fields, target }: { readonly fields: readonly Field[]; readonly target: ColumnTarget },
): EventBlock {
  const input = {
    data: arena.data,
    starts: gather(arena.bodyStarts, events),
    ends: gather(arena.bodyEnds, events),
    ok: new Uint8Array(events.length).fill(1),
  };
  const { length } = events;
  let failure: unknown = null;
  let vectors: readonly Vector[];
  try {
    vectors = decodeColumns(runs, input, target);
  } catch (error) {
    failure = error;
    vectors = decodeRows(runs, input, fields);
  }
  if (arena.problems.size > 0) refuseProblems(arena, events, input.ok);
  const { starts, ends, ok } = input;
  const extras = readExtras(runs, input);
  return {
    stream,
    length,
    arena,
    events,
    runs,
    starts,
    ends,
    ok,
    fields,
    vectors,
    extras,
    failure,
  };
}

function decodeColumns(
  runs: readonly BlockRun[],
  input: AvroRows,
  target: ColumnTarget,
): readonly Vector[] {
  const { length } = input.starts;
  target.begin(length);
  for (const { from, to, reader } of runs) {
    if (reader.decoder === null) input.ok.fill(0, from, to);
    else reader.decoder.decode(target, input, from, to);
  }
  return target.finish(length);
}

const NO_ROW: Row = {};

function decodeRows(
  runs: readonly BlockRun[],
  { data, starts, ends, ok }: AvroRows,
  fields: readonly Field[],
): readonly Vector[] {
  const rows = new Array<Row>(starts.length).fill(NO_ROW);
  for (const { from, to, reader } of runs) {
    for (let row = from; row < to; row++) {
      const decoded = decodedRow(reader, data.subarray(starts[row], ends[row]));
      ok[row] = decoded === null ? 0 : 1;
      rows[row] = decoded ?? NO_ROW;
    }
  }
  return vectorsOf(fields, rows);
}

function decodedRow(reader: BlockReader, body: Uint8Array): Row | null {
  try {
    return reader.decodeRow(body);
  } catch {
    return null;
  }
}

/** Whatever fails here is a failure of its row, which then counts as one that does not decode. */
function readExtras(
  runs: readonly BlockRun[],
  { data, starts, ends, ok }: AvroRows,
): ReadonlyMap<number, string> {
  const extras = new Map<number, string>();
  for (const { from, to, reader } of runs) {
    if (reader.readExtra === null) continue;
    for (let row = from; row < to; row++) {
      const text = ok[row] === 0 ? null : extraOf(reader, data.subarray(starts[row], ends[row]));
      if (text === undefined) ok[row] = 0;
      else if (text !== null) extras.set(row, text);
    }
  }
  return extras;
}

function extraOf(reader: BlockReader, body: Uint8Array): string | null | undefined {
  try {
    return reader.readExtra?.(body) ?? null;
  } catch {
    return undefined;
  }
}

/** Events that did not decode when they were opened have no body any more. */
function refuseProblems(arena: EventArena, events: Int32Array, ok: Uint8Array): void {
  for (let row = 0; row < events.length; row++) {
    if (arena.problems.has(events[row]!)) ok[row] = 0;
  }
}

/** Why an event does not decode, as judgeEvent says it; null when it does. */
export function bodyProblem(reader: BlockReader, body: Uint8Array): string | null {
  try {
    reader.decodeRow(body);
    reader.readExtra?.(body);
    return null;
  } catch (error) {
    return hasCode(error, 'FORMAT_CORRUPT') ? error.message : processingFailure(error);
  }
}

/** Why a row of a block does not decode: the row decoder knows. */
export function decodingFailure(block: EventBlock, row: number, reader: BlockReader): string {
  const { arena, events, starts, ends } = block;
  return (
    arena.problems.get(events[row]!) ??
    bodyProblem(reader, arena.data.subarray(starts[row], ends[row])) ??
    processingFailure(new TypeError('the event decodes as a row and not as columns'))
  );
}
