import {
  SCHEMA_REGISTRY_HEADER_BYTES,
  SCHEMA_REGISTRY_HEADER_VERSION,
} from '#core/avro/schema-registry-header.ts';
import { ArenaBuilder, bodyOf, type EventArena } from '#core/delivery/event-arena.ts';
import { type BlockReader, bodyProblem } from '#core/delivery/event-block.ts';
import { padSequence } from '#core/delivery/position.ts';
import { createRecordSpans, type RecordSpans } from '#core/kinesis/record-spans.ts';
import type { WireSchemaId } from '#core/schema/wire-schema-id.ts';
import {
  corruption,
  MAX_RECORD_INFLATED_BYTES,
  readHeader,
  type SourceRecord,
} from './open-record.ts';
import { DEFAULT_LOOKUP_LIMITS, type LookupBudget, type SchemaLookup } from './schema-lookup.ts';

export interface OpenConfig {
  /** Null for a schema that is none of the domain's, as far as is known. */
  readonly readerOf: (id: WireSchemaId) => BlockReader | null;
  readonly schemas?: Pick<SchemaLookup<unknown>, 'isKnown' | 'lookUp'> | undefined;
  readonly maxSliceBytes: number;
}

/** Events of a batch, or of a part of it. */
export interface OpenedSlice {
  readonly arena: EventArena;
  /** By index of `arena.schemaIds`; null for a schema that is none of the domain's. */
  readonly readers: readonly (BlockReader | null)[];
}

/** Weight of an event besides its bytes: a million empty events are much work too. */
const EVENT_OVERHEAD_BYTES = 128;

/**
 * Opens a batch record by record, without an object per event, and cuts it into slices of whole records, in order,
 * each within `maxSliceBytes` or of one record: however far a batch inflates, one slice is in memory at a time.
 * Slices without events are left out. Schemas that only the registry knows are looked up before their slice is
 * given out; throws SOURCE_UNAVAILABLE when the registry does not answer, FORMAT_CORRUPT for a sequence number
 * that is none.
 */
export async function* openEvents(
  config: OpenConfig,
  records: readonly SourceRecord[],
): AsyncGenerator<OpenedSlice, void> {
  const budget = { left: DEFAULT_LOOKUP_LIMITS.perBatch };
  let opener = createOpener(capacityFor(records, config.maxSliceBytes));
  let sliceBytes = 0;
  for (const record of records) {
    let recordBytes = await openNext(opener, record, { config, budget });
    if (sliceBytes > 0 && sliceBytes + recordBytes > config.maxSliceBytes) {
      // Opened again in the next slice: that costs one record per slice.
      opener.arena.dropLastRecord();
      if (opener.arena.length > 0) yield opener;
      opener = createOpener(capacityFor(records, config.maxSliceBytes));
      sliceBytes = 0;
      recordBytes = await openNext(opener, record, { config, budget });
    }
    sliceBytes += recordBytes;
  }
  if (opener.arena.length > 0) yield opener;
}

/** Adds a record to the opener's arena; returns its weight in bytes. */
async function openNext(
  opener: Opener,
  record: SourceRecord,
  { config, budget }: { readonly config: OpenConfig; readonly budget: LookupBudget },
): Promise<number> {
  const { readerOf, schemas } = config;
  const arrivedBytes = opener.open(record);
  const { arena, readers } = opener;
  const newIds = arena.schemaIds.slice(readers.length);
  const unknown = newIds.filter((id) => readerOf(id) === null && schemas?.isKnown(id) === false);
  if (unknown.length > 0) await schemas?.lookUp(unknown, budget);
  for (const id of newIds) readers.push(readerOf(id));
  return arrivedBytes + settleInflated(arena, readers);
}

/**
 * Lets go of what events of the last record inflated to that cannot be decoded, so that bombs take no memory; returns
 * the bytes that stay.
 */
function settleInflated(arena: ArenaBuilder, readers: OpenedSlice['readers']): number {
  const record = arena.records.at(-1);
  if (record === undefined || arena.usedBytes === record.end) return 0;
  let end = record.end;
  for (let event = record.firstEvent; event < arena.length; event++) {
    const start = arena.bodyStarts[event]!;
    // The other bodies lie within the record.
    if (start < record.end || arena.schemas[event]! < 0) continue;
    const reader = readers[arena.schemas[event]!] ?? null;
    const problem = reader === null ? null : bodyProblem(reader, bodyOf(arena, event));
    if (problem !== null) arena.problems.set(event, problem);
    const keptEnd = reader === null || problem !== null ? start : arena.bodyEnds[event]!;
    arena.data.copyWithin(end, start, keptEnd);
    arena.bodyStarts[event] = end;
    end += keptEnd - start;
    arena.bodyEnds[event] = end;
  }
  arena.usedBytes = end;
  return end - record.end;
}

/** Inflated events make an arena grow beyond it. */
function capacityFor(records: readonly SourceRecord[], maxSliceBytes: number): number {
  const total = records.reduce((sum, { data }) => sum + maxBytes(data), 0);
  const largest = records.reduce((max, { data }) => Math.max(max, maxBytes(data)), 0);
  return Math.min(total, maxSliceBytes + largest);
}

function maxBytes(data: Uint8Array | string): number {
  return typeof data === 'string' ? Math.ceil((data.length * 3) / 4) : data.byteLength;
}

interface Opener {
  readonly arena: ArenaBuilder;
  readonly readers: (BlockReader | null)[];
  /** Adds a record's events; returns their weight in bytes, without what they inflate to. */
  open(record: SourceRecord): number;
}

function createOpener(capacityBytes: number): Opener {
  const arena = new ArenaBuilder(capacityBytes);
  const spans = createRecordSpans();
  const schemas = createSchemaIndex(arena);
  return {
    arena,
    readers: [],
    open: (record) => openRecord(record, { arena, spans, schemas }),
  };
}

interface OpenState {
  readonly arena: ArenaBuilder;
  readonly spans: RecordSpans;
  readonly schemas: SchemaIndex;
}

function openRecord(record: SourceRecord, state: OpenState): number {
  const { arena, spans } = state;
  const sequence = padSequence(record.sequenceNumber);
  const start = arena.reserve(maxBytes(record.data));
  const end = start + copyInto(arena.data, start, record.data);
  arena.usedBytes = end;
  arena.records.push({
    sequence,
    partitionKey: record.partitionKey,
    arrivalMicros: BigInt(Math.round(record.arrivalMs * 1000)),
    start,
    end,
    firstEvent: arena.length,
  });
  try {
    spans.read(arena.data, start, end);
  } catch (error) {
    arena.problems.set(arena.length, corruption(error));
    arena.addEvent(0, start, end, start, start, -1);
    return EVENT_OVERHEAD_BYTES + end - start;
  }
  return openSpans(state);
}

function copyInto(target: Uint8Array, start: number, data: Uint8Array | string): number {
  if (typeof data === 'string') {
    return Buffer.from(target.buffer, target.byteOffset, target.byteLength).write(
      data,
      start,
      'base64',
    );
  }
  target.set(data, start);
  return data.byteLength;
}

/** Adds what the spans hold as events of the last record; returns their weight without what they inflate to. */
function openSpans({ arena, spans, schemas }: OpenState): number {
  const count = spans.count();
  const starts = spans.starts();
  const ends = spans.ends();
  let budgetBytes = MAX_RECORD_INFLATED_BYTES;
  let weight = count * EVENT_OVERHEAD_BYTES;
  for (let index = 0; index < count; index++) {
    const start = starts[index]!;
    const end = ends[index]!;
    weight += end - start;
    const schema = schemas.ofUncompressed(start, end);
    if (schema >= 0) {
      const bodyStart = start + SCHEMA_REGISTRY_HEADER_BYTES;
      arena.addEvent(index, start, end, bodyStart, end, schema);
      continue;
    }
    budgetBytes -= openSlowly({ arena, schemas }, { index, start, end, budgetBytes });
  }
  return weight;
}

/** An event whose header is not the uncompressed one of AWS Glue. Returns the bytes it inflated to. */
function openSlowly(
  { arena, schemas }: Pick<OpenState, 'arena' | 'schemas'>,
  event: {
    readonly index: number;
    readonly start: number;
    readonly end: number;
    readonly budgetBytes: number;
  },
): number {
  const { index, start, end } = event;
  const content = readHeader(arena.data.subarray(start, end), event.budgetBytes);
  if ('problem' in content) {
    arena.problems.set(arena.length, content.problem);
    arena.addEvent(index, start, end, start, start, -1);
    return 0;
  }
  const { payload, inflatedBytes } = content;
  const schema = schemas.ofId(content.schemaVersionId);
  if (inflatedBytes === 0) {
    arena.addEvent(index, start, end, end - payload.byteLength, end, schema);
    return 0;
  }
  const bodyStart = arena.reserve(inflatedBytes);
  arena.data.set(payload, bodyStart);
  arena.usedBytes += inflatedBytes;
  arena.addEvent(index, start, end, bodyStart, bodyStart + inflatedBytes, schema);
  return inflatedBytes;
}

/** Schema ids of an arena as small numbers. */
interface SchemaIndex {
  /** Of an event with an uncompressed AWS Glue header; -1 for any other event. */
  ofUncompressed(start: number, end: number): number;
  ofId(id: WireSchemaId): number;
}

/** Ids whose headers are compared word by word; more of them in one slice are a producer's mistake or an attack. */
const MAX_COMPARED = 16;

function createSchemaIndex(arena: ArenaBuilder): SchemaIndex {
  const numbers = new Map<WireSchemaId, number>();
  const words = new Int32Array(4 * MAX_COMPARED);
  const compared: number[] = [];
  let last = -1;
  const ofId = (id: WireSchemaId): number => {
    const known = numbers.get(id);
    if (known !== undefined) return known;
    const number = arena.schemaIds.length;
    arena.schemaIds.push(id);
    numbers.set(id, number);
    return number;
  };
  const isAt = (place: number, start: number): boolean => {
    const { view } = arena;
    const word = 4 * place;
    return (
      view.getInt32(start + 14) === words[word + 3] &&
      view.getInt32(start + 10) === words[word + 2] &&
      view.getInt32(start + 6) === words[word + 1] &&
      view.getInt32(start + 2) === words[word]
    );
  };
  const remember = (start: number, number: number): void => {
    if (compared.length === MAX_COMPARED) return;
    last = compared.length;
    for (let word = 0; word < 4; word++) {
      words[4 * last + word] = arena.view.getInt32(start + 2 + 4 * word);
    }
    compared.push(number);
  };
  return {
    ofId,
    ofUncompressed: (start, end) => {
      if (end - start < SCHEMA_REGISTRY_HEADER_BYTES) return -1;
      if (arena.data[start] !== SCHEMA_REGISTRY_HEADER_VERSION || arena.data[start + 1] !== 0) {
        return -1;
      }
      if (last >= 0 && isAt(last, start)) return compared[last]!;
      const place = compared.findIndex((_, candidate) => isAt(candidate, start));
      if (place >= 0) {
        last = place;
        return compared[place]!;
      }
      const content = readHeader(arena.data.subarray(start, end), 0);
      if ('problem' in content) return -1;
      const number = ofId(content.schemaVersionId);
      remember(start, number);
      return number;
    },
  };
}
