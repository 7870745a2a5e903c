import type { NestedField, Schema } from '../iceberg/spec/schema.ts';
import { UNSORTED } from '../iceberg/spec/sort-order.ts';
import type { Row } from '../schema/field.ts';
import type { TableShape } from '../schema/table-shape.ts';
import { hourOf, hourStartMs } from './arrival-hours.ts';
import { formatEvidence } from './evidence.ts';
import type { EntryKind, LedgerCounts, LedgerEntry } from './ledger-entry.ts';

/** Table of the ops database. */
export const LEDGER_TABLE = 'ledger';

const COUNT_DOCS = {
  received: 'events read off the shards',
  acknowledged: 'events that producers hold receipts for',
  committed: 'rows in the bronze table',
  rejected: 'events that a rule or a check refused',
  deduplicated: 'events whose identity was in already',
  dead_lettered: 'events that cannot be decoded, or that the writer never got in',
  late: 'part of committed: behind the watermark on arrival',
} as const;

/**
 * How the ledger's table is created, frozen for ever: CloudFormation must never update it. A later column
 * is added by a migration through Iceberg metadata, as for every table.
 */
export const LEDGER_SHAPE: Pick<
  TableShape,
  'schema' | 'partitionSpec' | 'sortOrder' | 'properties'
> = {
  schema: ledgerSchema(),
  partitionSpec: {
    'spec-id': 0,
    fields: [{ 'source-id': 4, 'field-id': 1000, name: 'hour_day', transform: 'day' }],
  },
  sortOrder: UNSORTED,
  properties: {
    'write.format.default': 'parquet',
    'write.parquet.compression-codec': 'zstd',
    'write.metadata.previous-versions-max': '100',
  },
};

function ledgerSchema(): Schema {
  const column = (id: number, name: string, type: NestedField['type'], doc: string) =>
    ({ id, name, required: true, type, doc }) as const;
  return {
    type: 'struct',
    'schema-id': 0,
    fields: [
      column(1, 'domain', 'string', 'domain of the stream'),
      column(2, 'stream', 'string', 'stream, or _unknown for events that name none'),
      column(3, 'source', 'string', 'shard, or producer of a receipt'),
      column(4, 'hour', 'timestamp', 'hour of arrival, UTC; of a receipt the hour of its booking'),
      column(5, 'entry', 'string', 'read, commit, rejected, hole or receipt'),
      ...Object.entries(COUNT_DOCS).map(([name, doc], index) =>
        column(6 + index, name, 'long', doc),
      ),
      column(13, 'evidence', 'string', 'where the counts come from'),
      column(14, 'recorded_at', 'timestamp', 'when the entry was booked, UTC'),
    ],
  };
}

/** An entry as a row of the table. */
export function ledgerRow(
  entry: LedgerEntry,
  options: { readonly domain: string; readonly recordedMs: number },
): Row {
  const { counts } = entry;
  return {
    domain: options.domain,
    stream: entry.stream,
    source: entry.source,
    hour: BigInt(hourStartMs(entry.hour)) * 1000n,
    entry: entry.kind,
    received: BigInt(counts.received),
    acknowledged: BigInt(counts.acknowledged),
    committed: BigInt(counts.committed),
    rejected: BigInt(counts.rejected),
    deduplicated: BigInt(counts.deduplicated),
    dead_lettered: BigInt(counts.deadLettered),
    late: BigInt(counts.late),
    evidence: formatEvidence(entry.evidence),
    recorded_at: BigInt(options.recordedMs) * 1000n,
  };
}

/** A row of the table, read back; its evidence is text. */
export interface JournalLine extends Omit<LedgerEntry, 'evidence'> {
  readonly evidence: string;
}

/** Columns that journalLine needs; `domain` besides, to choose the rows. */
export const JOURNAL_COLUMNS = [
  'domain',
  'stream',
  'source',
  'hour',
  'entry',
  ...Object.keys(COUNT_DOCS),
  'evidence',
] as const;

/** Inverse of ledgerRow. */
export function journalLine(row: Row): JournalLine {
  const text = (name: string): string => String(row[name] ?? '');
  const counts: LedgerCounts = {
    received: Number(row['received'] ?? 0),
    acknowledged: Number(row['acknowledged'] ?? 0),
    committed: Number(row['committed'] ?? 0),
    rejected: Number(row['rejected'] ?? 0),
    deduplicated: Number(row['deduplicated'] ?? 0),
    deadLettered: Number(row['dead_lettered'] ?? 0),
    late: Number(row['late'] ?? 0),
  };
  return {
    stream: text('stream'),
    source: text('source'),
    hour: hourOf(Number(row['hour'] ?? 0) / 1000),
    kind: text('entry') as EntryKind,
    counts,
    evidence: text('evidence'),
  };
}
