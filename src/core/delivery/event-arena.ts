import { decodeRecord } from '../kinesis/aggregated-record.ts';
import type { WireSchemaId } from '../schema/wire-schema-id.ts';
import type { Position } from './position.ts';

/** A stream record in an arena. */
export interface ArenaRecord {
  /** Zero-padded, see Position. */
  readonly sequence: string;
  readonly partitionKey: string;
  readonly arrivalMicros: bigint;
  /** Its bytes as they arrived. */
  readonly start: number;
  readonly end: number;
  /** Number of its first event; its other events follow. */
  readonly firstEvent: number;
}

/**
 * Events of whole stream records in the order they arrived, without an object per event: all bytes lie in one
 * array, and event `i` is item `i` of every list. Lists may be longer than there are events.
 */
export interface EventArena {
  readonly data: Uint8Array;
  readonly records: readonly ArenaRecord[];
  /** Events. */
  readonly length: number;
  /** Index of the event's record. */
  readonly recordOf: Int32Array;
  readonly subSequences: Int32Array;
  /** The event as it arrived, header included. */
  readonly payloadStarts: Int32Array;
  readonly payloadEnds: Int32Array;
  /** What the header stands before, inflated. */
  readonly bodyStarts: Int32Array;
  readonly bodyEnds: Int32Array;
  /** Index into `schemaIds`; -1 for an event without a body, see `problems`. */
  readonly schemas: Int32Array;
  readonly schemaIds: readonly WireSchemaId[];
  /** Why an event has no body, by its number: it has no header, or its body did not decode. */
  readonly problems: ReadonlyMap<number, string>;
}

/** An arena while it is filled. */
export class ArenaBuilder implements EventArena {
  data: Uint8Array;
  view: DataView;
  usedBytes = 0;
  records: ArenaRecord[] = [];
  length = 0;
  recordOf = new Int32Array(1024);
  subSequences = new Int32Array(1024);
  payloadStarts = new Int32Array(1024);
  payloadEnds = new Int32Array(1024);
  bodyStarts = new Int32Array(1024);
  bodyEnds = new Int32Array(1024);
  schemas = new Int32Array(1024);
  schemaIds: WireSchemaId[] = [];
  problems = new Map<number, string>();

  constructor(capacityBytes: number) {
    this.data = new Uint8Array(capacityBytes);
    this.view = new DataView(this.data.buffer);
  }

  /** Makes room for so many bytes behind those in use, and returns where they start. */
  reserve(sizeBytes: number): number {
    const needed = this.usedBytes + sizeBytes;
    if (needed > this.data.length) {
      const grown = new Uint8Array(Math.max(needed, 2 * this.data.length));
      grown.set(this.data.subarray(0, this.usedBytes));
      this.data = grown;
      this.view = new DataView(grown.buffer);
    }
    return this.usedBytes;
  }

  /** Adds an event of the last record. */
  addEvent(
    subSequence: number,
    payloadStart: number,
    payloadEnd: number,
    bodyStart: number,
    bodyEnd: number,
    schema: number,
  ): void {
    const event = this.length;
    if (event === this.recordOf.length) this.#grow();
    this.recordOf[event] = this.records.length - 1;
    this.subSequences[event] = subSequence;
    this.payloadStarts[event] = payloadStart;
    this.payloadEnds[event] = payloadEnd;
    this.bodyStarts[event] = bodyStart;
    this.bodyEnds[event] = bodyEnd;
    this.schemas[event] = schema;
    this.length = event + 1;
  }

  /** Takes the last record and its events out again. */
  dropLastRecord(): void {
    const record = this.records.pop();
    if (record === undefined) return;
    for (let event = record.firstEvent; event < this.length; event++) this.problems.delete(event);
    this.length = record.firstEvent;
    this.usedBytes = record.start;
  }

  #grow(): void {
    this.recordOf = doubled(this.recordOf);
    this.subSequences = doubled(this.subSequences);
    this.payloadStarts = doubled(this.payloadStarts);
    this.payloadEnds = doubled(this.payloadEnds);
    this.bodyStarts = doubled(this.bodyStarts);
    this.bodyEnds = doubled(this.bodyEnds);
    this.schemas = doubled(this.schemas);
  }
}

function doubled(items: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const grown = new Int32Array(2 * items.length);
  grown.set(items);
  return grown;
}

export function positionOf(arena: EventArena, event: number): Position {
  const sequence = arena.records[arena.recordOf[event]!]!.sequence;
  return { sequence, subSequence: arena.subSequences[event]! };
}

/** A view of the event as it arrived. */
export function payloadOf(arena: EventArena, event: number): Uint8Array {
  return arena.data.subarray(arena.payloadStarts[event], arena.payloadEnds[event]);
}

/** A view of what the event's header stands before. */
export function bodyOf(arena: EventArena, event: number): Uint8Array {
  return arena.data.subarray(arena.bodyStarts[event], arena.bodyEnds[event]);
}

/**
 * Partition keys, which only discarded events need: they are read again from the record. The keys of one record are
 * kept, so events asked for in order cost what reading their records once costs.
 */
export function createPartitionKeys(arena: EventArena): (event: number) => string {
  let known = -1;
  let keys: readonly string[] = [];
  return (event) => {
    const record = arena.recordOf[event]!;
    if (record !== known) {
      known = record;
      keys = keysOf(arena, arena.records[record]!);
    }
    return keys[arena.subSequences[event]!] ?? arena.records[record]!.partitionKey;
  };
}

function keysOf(arena: EventArena, { start, end, partitionKey }: ArenaRecord): readonly string[] {
  try {
    const parts = decodeRecord(arena.data.subarray(start, end), partitionKey);
    return parts.map((part) => part.partitionKey);
  } catch {
    // A broken record is one event with the key of the record.
    return [partitionKey];
  }
}
