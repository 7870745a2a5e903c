import { z } from 'zod';
import { SluiceError } from '../errors.ts';
import type { DataFile } from '../iceberg/spec/data-file.ts';
import type { PartitionTuple } from '../iceberg/spec/partition.ts';
import type { HourlyCounts } from './batch-summary.ts';
import type { Position } from './position.ts';

/** What one batch of one source brings to the tables: the content of a link, stored under its own hash. */
export interface StagedBatch {
  readonly domain: string;
  readonly source: string;
  readonly last: Position;
  /** By `database.table`. */
  readonly tables: ReadonlyMap<string, StagedTable>;
}

export interface StagedTable {
  readonly tableUuid: string;
  /** Schema and partition spec the files were written with. */
  readonly schemaId: number;
  readonly specId: number;
  /** Equal identities that arrived within it of each other are one event; 0: not looked for beyond the batch. */
  readonly dedupeHorizonMs: number;
  /** First event that the table's part stands for. */
  readonly first: Position;
  readonly files: readonly DataFile[];
  /** Stream name to counts by arrival hour, before the commit finds duplicates. */
  readonly streams: ReadonlyMap<string, HourlyCounts>;
  /** Events left out for an equal one in the batch: counted again where only a part of the batch is new. */
  readonly duplicates: readonly StagedDuplicate[];
  /** See SourceState; of this batch and everything before it. */
  readonly maxEventTimeMicros: bigint | null;
  readonly maxArrivalMicros?: bigint;
}

export interface StagedDuplicate {
  readonly position: Position;
  readonly arrivalMicros: bigint;
}

const position = z.tuple([z.string().regex(/^\d{56}$/), z.int().min(0)]);
const integer = z.string().regex(/^-?\d+$/);
const byId = <T extends z.ZodType>(value: T) => z.array(z.tuple([z.int(), value]));
const partitionValue = z.union([
  z.null(),
  z.tuple([z.literal('boolean'), z.boolean()]),
  z.tuple([z.literal('number'), z.string()]),
  z.tuple([z.literal('bigint'), integer]),
  z.tuple([z.literal('string'), z.string()]),
  z.tuple([z.literal('bytes'), z.base64()]),
]);
const dataFile = z.strictObject({
  path: z.string().min(1),
  partition: z.array(partitionValue),
  recordCount: integer,
  fileSizeBytes: integer,
  columnSizes: byId(integer),
  valueCounts: byId(integer),
  nullValueCounts: byId(integer),
  nanValueCounts: byId(integer),
  lowerBounds: byId(z.base64()),
  upperBounds: byId(z.base64()),
  splitOffsets: z.array(integer),
});
const counts = z.tuple([z.int(), z.int(), z.int(), z.int(), z.int(), z.int()]);
const table = z.strictObject({
  tableUuid: z.string(),
  schemaId: z.int(),
  specId: z.int(),
  dedupeHorizonMs: z.number().min(0),
  first: position,
  files: z.array(dataFile),
  streams: z.record(z.string(), z.record(z.string().regex(/^\d{4}-\d{2}-\d{2}T\d{2}$/), counts)),
  duplicates: z.array(z.tuple([z.string().regex(/^\d{56}$/), z.int().min(0), integer])),
  maxEventTime: integer.nullable(),
  maxArrival: integer.optional(),
});
const document = z.strictObject({
  format: z.literal(1),
  domain: z.string(),
  source: z.string(),
  last: position,
  tables: z.record(z.string(), table),
});
type FileDocument = z.infer<typeof dataFile>;
type TableDocument = z.infer<typeof table>;

/** JSON text; everything in order, so that a batch staged again gives the same bytes. */
export function encodeStagedBatch(batch: StagedBatch): string {
  const content: z.infer<typeof document> = {
    format: 1,
    domain: batch.domain,
    source: batch.source,
    last: [batch.last.sequence, batch.last.subSequence],
    tables: Object.fromEntries(
      inOrder(batch.tables).map(([name, staged]) => [name, tableDocument(staged)]),
    ),
  };
  return JSON.stringify(content);
}

/** Inverse of encodeStagedBatch. Throws FORMAT_CORRUPT, naming the place. */
export function decodeStagedBatch(text: string, place: string): StagedBatch {
  const checked = document.safeParse(parseJson(text, place));
  if (!checked.success) throw corrupt(place, z.prettifyError(checked.error));
  const { domain, source, last, tables } = checked.data;
  return {
    domain,
    source,
    last: toPosition(last),
    tables: new Map(Object.entries(tables).map(([name, staged]) => [name, toTable(staged)])),
  };
}

function tableDocument(staged: StagedTable): TableDocument {
  return {
    tableUuid: staged.tableUuid,
    schemaId: staged.schemaId,
    specId: staged.specId,
    dedupeHorizonMs: staged.dedupeHorizonMs,
    first: [staged.first.sequence, staged.first.subSequence],
    files: staged.files.map(fileDocument),
    streams: Object.fromEntries(
      inOrder(staged.streams).map(([stream, hours]) => [
        stream,
        Object.fromEntries(
          inOrder(hours).map(([hour, c]) => [
            hour,
            [c.received, c.committed, c.rejected, c.deduplicated, c.deadLettered, c.late],
          ]),
        ),
      ]),
    ),
    duplicates: staged.duplicates.map(({ position: at, arrivalMicros }) => [
      at.sequence,
      at.subSequence,
      arrivalMicros.toString(),
    ]),
    maxEventTime: staged.maxEventTimeMicros?.toString() ?? null,
    ...(staged.maxArrivalMicros === undefined
      ? {}
      : { maxArrival: staged.maxArrivalMicros.toString() }),
  };
}

function toTable(staged: TableDocument): StagedTable {
  return {
    tableUuid: staged.tableUuid,
    schemaId: staged.schemaId,
    specId: staged.specId,
    dedupeHorizonMs: staged.dedupeHorizonMs,
    first: toPosition(staged.first),
    files: staged.files.map(toFile),
    streams: new Map(
      Object.entries(staged.streams).map(([stream, hours]) => [
        stream,
        new Map(
          Object.entries(hours).map(
            ([hour, [received, committed, rejected, deduplicated, deadLettered, late]]) => [
              hour,
              { received, committed, rejected, deduplicated, deadLettered, late },
            ],
          ),
        ),
      ]),
    ),
    duplicates: staged.duplicates.map(([sequence, subSequence, arrivalMicros]) => ({
      position: { sequence, subSequence },
      arrivalMicros: BigInt(arrivalMicros),
    })),
    maxEventTimeMicros: staged.maxEventTime === null ? null : BigInt(staged.maxEventTime),
    ...(staged.maxArrival === undefined ? {} : { maxArrivalMicros: BigInt(staged.maxArrival) }),
  };
}

function fileDocument(file: DataFile): FileDocument {
  return {
    path: file.filePath,
    partition: file.partition.map(partitionDocument),
    recordCount: file.recordCount.toString(),
    fileSizeBytes: file.fileSizeBytes.toString(),
    columnSizes: entriesOf(file.columnSizes, String),
    valueCounts: entriesOf(file.valueCounts, String),
    nullValueCounts: entriesOf(file.nullValueCounts, String),
    nanValueCounts: entriesOf(file.nanValueCounts, String),
    lowerBounds: entriesOf(file.lowerBounds, toBase64),
    upperBounds: entriesOf(file.upperBounds, toBase64),
    splitOffsets: file.splitOffsets.map(String),
  };
}

function toFile(file: FileDocument): DataFile {
  return {
    filePath: file.path,
    partition: file.partition.map(toPartitionValue),
    recordCount: BigInt(file.recordCount),
    fileSizeBytes: BigInt(file.fileSizeBytes),
    columnSizes: mapOf(file.columnSizes, BigInt),
    valueCounts: mapOf(file.valueCounts, BigInt),
    nullValueCounts: mapOf(file.nullValueCounts, BigInt),
    nanValueCounts: mapOf(file.nanValueCounts, BigInt),
    lowerBounds: mapOf(file.lowerBounds, fromBase64),
    upperBounds: mapOf(file.upperBounds, fromBase64),
    splitOffsets: file.splitOffsets.map(BigInt),
  };
}

function partitionDocument(value: PartitionTuple[number]): FileDocument['partition'][number] {
  if (value === null) return null;
  if (value instanceof Uint8Array) return ['bytes', toBase64(value)];
  if (typeof value === 'bigint') return ['bigint', value.toString()];
  if (typeof value === 'string') return ['string', value];
  if (typeof value === 'boolean') return ['boolean', value];
  // JSON has neither NaN nor negative zero.
  return ['number', Object.is(value, -0) ? '-0' : String(value)];
}

function toPartitionValue(value: FileDocument['partition'][number]): PartitionTuple[number] {
  if (value === null) return null;
  switch (value[0]) {
    case 'bytes':
      return fromBase64(value[1]);
    case 'bigint':
      return BigInt(value[1]);
    case 'number':
      return Number(value[1]);
    default:
      return value[1];
  }
}

function entriesOf<T>(
  map: ReadonlyMap<number, T>,
  encode: (value: T) => string,
): [number, string][] {
  return [...map].sort(([a], [b]) => a - b).map(([id, value]) => [id, encode(value)]);
}

function mapOf<T>(
  entries: readonly (readonly [number, string])[],
  decode: (text: string) => T,
): ReadonlyMap<number, T> {
  return new Map(entries.map(([id, text]) => [id, decode(text)]));
}

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

/** A plain array of its own: small buffers share one memory. */
function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'base64'));
}

function inOrder<T>(map: ReadonlyMap<string, T>): readonly (readonly [string, T])[] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1));
}

function toPosition([sequence, subSequence]: readonly [string, number]): Position {
  return { sequence, subSequence };
}

function parseJson(text: string, place: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw corrupt(place, `expected JSON, got ${text.length} characters that are not`, cause);
  }
}

function corrupt(place: string, problem: string, cause?: unknown): SluiceError {
  return new SluiceError(
    'FORMAT_CORRUPT',
    `staged batch ${place}: ${problem}`,
    cause === undefined ? {} : { cause },
  );
}
