import { z } from 'zod';
import { SluiceError } from '../errors.ts';
import {
  currentSnapshot,
  snapshotById,
  type TableMetadata,
} from '../iceberg/spec/table-metadata.ts';
import { EMPTY_CURSOR, type LedgerCursor } from './ledger-cursor.ts';
import { LEDGER_COUNT_NAMES, type LedgerCounts } from './ledger-entry.ts';

/** Key of the cursors, domain to cursor, in a snapshot summary and in the table properties of the ledger. */
export const LEDGER_KEY = 'sluice.ledger';

const countsTuple = z.tuple([z.int(), z.int(), z.int(), z.int(), z.int(), z.int(), z.int()]);
const counts = z.record(z.string(), countsTuple);
const digits = z.string().regex(/^\d+$/);
const cursorModel = z.strictObject({
  shards: z.record(z.string(), z.tuple([digits.nullable(), z.int().nullable(), z.boolean()])),
  toEnd: z.boolean(),
  listed: z.int().nullable(),
  gaps: z.array(z.tuple([z.string(), z.int().nullable(), z.int(), z.int()])),
  tables: z.record(
    z.string(),
    z.strictObject({
      uuid: z.string(),
      snapshot: digits.nullable(),
      sequence: digits,
      booked: counts,
    }),
  ),
  receipts: z.record(
    z.string(),
    // Pairs, not keys: producers choose their names, `__proto__` included.
    z.strictObject({ producers: z.array(z.tuple([z.string(), z.int()])), others: z.int() }),
  ),
  failures: z.strictObject({
    through: z.tuple([z.int(), z.string()]).nullable(),
    mappings: z.array(z.string()),
  }),
  // Left out where no file is under way, as in cursors from before there were any.
  files: z.strictObject({ booked: z.array(z.string()), open: z.array(z.string()) }).optional(),
  open: z.array(z.tuple([z.string(), z.string(), z.string(), z.int()])),
  totals: counts,
  written: z.int(),
});
type CursorDocument = z.infer<typeof cursorModel>;

/** Text of every domain's cursor with one replaced; those of other domains stay as they are written. */
export function encodeLedgerCursor(
  base: TableMetadata,
  domain: string,
  cursor: LedgerCursor,
): string {
  return JSON.stringify({ ...readDocuments(base), [domain]: toDocument(cursor) });
}

/** One cursor by itself; equal cursors give equal text. */
export function encodeCursor(cursor: LedgerCursor): string {
  return JSON.stringify(toDocument(cursor));
}

/** What encodeLedgerCursor wrote for a domain: equal as long as no run of it has committed. */
export function ledgerCursorText(base: TableMetadata, domain: string): string {
  return JSON.stringify(readDocuments(base)[domain] ?? null);
}

/**
 * A domain's cursor as of the table's current snapshot, empty before its first. Throws TABLE_INVALID: a
 * ledger whose cursor cannot be read must not be written to.
 */
export function readLedgerCursor(base: TableMetadata, domain: string): LedgerCursor {
  const documents = readDocuments(base);
  if (!Object.hasOwn(documents, domain)) return EMPTY_CURSOR;
  const parsed = cursorModel.safeParse(documents[domain]);
  if (parsed.success) return fromDocument(parsed.data);
  throw new SluiceError(
    'TABLE_INVALID',
    `${LEDGER_KEY} of domain ${domain}: ${z.prettifyError(parsed.error)}; look into the properties of ${base.location}`,
  );
}

/** Which copy wins is the rule of `sluice.sources` (see readSourceStates). */
function readDocuments(metadata: TableMetadata): Readonly<Record<string, unknown>> {
  const seen = new Set<bigint>();
  let snapshot = currentSnapshot(metadata);
  while (snapshot !== null && !seen.has(snapshot['snapshot-id'])) {
    const text = snapshot.summary[LEDGER_KEY];
    if (text !== undefined) return parseDocuments(text);
    seen.add(snapshot['snapshot-id']);
    const parent = snapshot['parent-snapshot-id'];
    snapshot = parent === undefined ? null : snapshotById(metadata, parent);
  }
  const property = metadata.properties[LEDGER_KEY];
  return property === undefined ? {} : parseDocuments(property);
}

function parseDocuments(text: string): Readonly<Record<string, unknown>> {
  try {
    return z.record(z.string(), z.unknown()).parse(JSON.parse(text));
  } catch (cause) {
    throw new SluiceError(
      'TABLE_INVALID',
      `${LEDGER_KEY}: expected a JSON object, got ${text.length} characters that are none`,
      { cause },
    );
  }
}

function toDocument(cursor: LedgerCursor): CursorDocument {
  const { through } = cursor.failures;
  return {
    shards: mapRecord(cursor.shards, ({ sequence, readToMs, ended }) => [
      sequence,
      readToMs,
      ended,
    ]),
    toEnd: cursor.toEnd,
    listed: cursor.listedMs,
    gaps: cursor.gaps.map(({ source, fromMs, toMs, events }) => [source, fromMs, toMs, events]),
    tables: mapRecord(cursor.tables, ({ tableUuid, snapshotId, sequenceNumber, booked }) => ({
      uuid: tableUuid,
      snapshot: snapshotId === null ? null : String(snapshotId),
      sequence: String(sequenceNumber),
      booked: mapRecord(booked, toTuple),
    })),
    receipts: mapRecord(cursor.receipts, ({ producers, others }) => ({
      producers: [...producers],
      others,
    })),
    failures: {
      through: through === null ? null : [through.timeMs, through.uri],
      mappings: [...cursor.failures.mappings],
    },
    ...filesDocument(cursor.files),
    open: cursor.open.map(({ stream, source, hour, difference }) => [
      stream,
      source,
      hour,
      difference,
    ]),
    totals: mapRecord(cursor.totals, toTuple),
    written: cursor.writtenMs,
  };
}

function fromDocument(document: CursorDocument): LedgerCursor {
  const { failures, listed, written } = document;
  const { through } = failures;
  return {
    shards: recordMap(document.shards, ([sequence, readToMs, ended]) => ({
      sequence,
      readToMs,
      ended,
    })),
    toEnd: document.toEnd,
    listedMs: listed,
    gaps: document.gaps.map(([source, fromMs, toMs, events]) => ({ source, fromMs, toMs, events })),
    tables: recordMap(document.tables, ({ uuid, snapshot, sequence, booked }) => ({
      tableUuid: uuid,
      snapshotId: snapshot === null ? null : BigInt(snapshot),
      sequenceNumber: BigInt(sequence),
      booked: recordMap(booked, fromTuple),
    })),
    receipts: recordMap(document.receipts, ({ producers, others }) => ({
      producers: new Map(producers),
      others,
    })),
    failures: {
      through: through === null ? null : { timeMs: through[0], uri: through[1] },
      mappings: failures.mappings,
    },
    files: document.files ?? { booked: [], open: [] },
    open: document.open.map(([stream, source, hour, difference]) => ({
      stream,
      source,
      hour,
      difference,
    })),
    totals: recordMap(document.totals, fromTuple),
    writtenMs: written,
  };
}

function filesDocument({ booked, open }: LedgerCursor['files']): Pick<CursorDocument, 'files'> {
  if (booked.length === 0 && open.length === 0) return {};
  return { files: { booked: [...booked], open: [...open] } };
}

function toTuple(of: LedgerCounts): z.infer<typeof countsTuple> {
  return LEDGER_COUNT_NAMES.map((name) => of[name]) as z.infer<typeof countsTuple>;
}

function fromTuple(tuple: z.infer<typeof countsTuple>): LedgerCounts {
  return Object.fromEntries(
    LEDGER_COUNT_NAMES.map((name, index) => [name, tuple[index]]),
  ) as unknown as LedgerCounts;
}

/** In the order of the keys, so that equal cursors give equal bytes. */
function mapRecord<T, U>(map: ReadonlyMap<string, T>, convert: (value: T) => U): Record<string, U> {
  const keys = [...map.keys()].sort();
  return Object.fromEntries(keys.map((key) => [key, convert(map.get(key) as T)]));
}

function recordMap<T, U>(
  record: Readonly<Record<string, T>>,
  convert: (value: T) => U,
): ReadonlyMap<string, U> {
  return new Map(Object.entries(record).map(([key, value]) => [key, convert(value)]));
}
