import { arrivalHour } from '#core/delivery/batch-summary.ts';
import { positionKey } from '#core/delivery/position.ts';
import { hasCode } from '#core/errors.ts';
import type { TableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import { parseRangeEvidence, type RangeEvidence } from '#core/ledger/evidence.ts';
import {
  decodeFailedBatch,
  type FailedBatch,
  type FailedRecord,
} from '#core/ledger/failure-object.ts';
import {
  type FailedEvent,
  type JournalRange,
  judgeFailures,
  type OpenedBatch,
} from '#core/ledger/judge-failures.ts';
import type { LedgerEntry } from '#core/ledger/ledger-entry.ts';
import type { JournalLine } from '#core/ledger/ledger-table.ts';
import { openRecord } from '../open-record.ts';
import { readPositions } from '../read-positions.ts';
import type { LedgerConfig, LedgerDeps } from './ledger-config.ts';
import { readJournal } from './read-journal.ts';
import { streamOfEvent } from './stream-of-event.ts';

/** Books events of failed batches that nothing else accounts for (see judgeFailures). */
export async function bookFailures(
  deps: Pick<LedgerDeps, 'store' | 'reader'>,
  config: LedgerConfig,
  work: {
    /** Oldest first. */
    readonly uris: readonly string[];
    readonly ledger: TableMetadata;
    readonly rejected: TableMetadata;
    /** Commits that this run books. */
    readonly entries: readonly LedgerEntry[];
  },
): Promise<{ readonly entries: readonly LedgerEntry[]; readonly problems: readonly string[] }> {
  const problems: string[] = [];
  const batches: OpenedEvents[] = [];
  for (const uri of work.uris) {
    const opened = await openBatch(deps, config, uri);
    if (typeof opened === 'string') problems.push(opened);
    else if (opened !== null) batches.push(opened);
  }
  if (batches.length === 0) return { entries: [], problems };
  const hours = new Set(batches.flatMap(({ events }) => events.map(({ hour }) => hour)));
  const journal = await readJournal(deps, work.ledger, { domain: config.domain, hours });
  const rejected = await rejectedPositions(deps, work.rejected, batches);
  const entries = judgeFailures(batches, {
    journal: [...journal.flatMap(rangeOfLine), ...work.entries.flatMap(rangeOfEntry)],
    isRejected: (source, position) => rejected.get(source)?.has(positionKey(position)) ?? false,
  });
  return { entries, problems };
}

interface OpenedEvents extends OpenedBatch {
  readonly arrivals: readonly { readonly arrivalMicros: bigint }[];
}

/** The batch with its events; null when it has none, a problem in words when it cannot be read. */
async function openBatch(
  deps: Pick<LedgerDeps, 'store'>,
  config: LedgerConfig,
  uri: string,
): Promise<OpenedEvents | string | null> {
  let batch: FailedBatch;
  try {
    batch = decodeFailedBatch(uri, await deps.store.get(uri));
  } catch (error) {
    // Someone tidied up: what was booked for it stays booked.
    if (hasCode(error, 'OBJECT_NOT_FOUND')) return null;
    if (!hasCode(error, 'FORMAT_CORRUPT')) throw error;
    return `${config.domain}: a failed batch cannot be read, its events are not accounted for: ${error.message}`;
  }
  // Without the payloads, record by record: a storm of failures, inflated, does not fit into memory.
  const events = batch.records.flatMap((record) => eventsOf(record, config));
  const [first, last] = [events[0], events.at(-1)];
  if (first === undefined || last === undefined) return null;
  return {
    uri,
    source: batch.source,
    first: first.position,
    last: last.position,
    events,
    arrivals: batch.records.map(({ arrivalMs }) => ({ arrivalMicros: arrivalMicros(arrivalMs) })),
  };
}

function eventsOf(record: FailedRecord, config: LedgerConfig): readonly FailedEvent[] {
  const { sequence: sequenceNumber, partitionKey, arrivalMs, data } = record;
  const hour = arrivalHour(arrivalMicros(arrivalMs));
  return openRecord({ sequenceNumber, partitionKey, arrivalMs, data }).map((event) => ({
    stream: streamOfEvent(event, config.streamOfSchema),
    hour,
    position: event.position,
  }));
}

/** As openRecord has it. */
function arrivalMicros(arrivalMs: number): bigint {
  return BigInt(Math.round(arrivalMs * 1000));
}

/** Positions in the `rejected` table, by source, as far as the batches may ask for them. */
async function rejectedPositions(
  deps: Pick<LedgerDeps, 'store' | 'reader'>,
  rejected: TableMetadata,
  batches: readonly OpenedEvents[],
): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const positions = new Map<string, ReadonlySet<string>>();
  for (const [source, group] of Map.groupBy(batches, (batch) => batch.source)) {
    const events = group.flatMap(({ arrivals }) => arrivals);
    positions.set(source, await readPositions(deps, rejected, { source, events }));
  }
  return positions;
}

function rangeOfLine(line: JournalLine): readonly JournalRange[] {
  const evidence = parseRangeEvidence(line.evidence);
  return evidence === null ? [] : [toRange(line, evidence)];
}

function rangeOfEntry(entry: LedgerEntry): readonly JournalRange[] {
  const { evidence } = entry;
  const isRange = evidence.kind === 'snapshot' || evidence.kind === 'failure';
  return isRange ? [toRange(entry, evidence)] : [];
}

function toRange(
  { stream, source, hour, kind, counts }: Omit<LedgerEntry, 'evidence'>,
  evidence: RangeEvidence,
): JournalRange {
  return { stream, source, hour, kind, deadLettered: counts.deadLettered, evidence };
}
