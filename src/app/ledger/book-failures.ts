import { arrivalHour } from '#core/delivery/batch-summary.ts';
import { positionKey } from '#core/delivery/position.ts';
import type { SourceChain } from '#core/delivery/source-chain.ts';
import { hasCode } from '#core/errors.ts';
import type { TableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import { parseRangeEvidence, type RangeEvidence } from '#core/ledger/evidence.ts';
import {
  decodeFailedBatches,
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
import { type OpenedEvent, openRecord } from '../open-record.ts';
import { readPositions } from '../read-positions.ts';
import { DEFAULT_LOOKUP_LIMITS } from '../schema-lookup.ts';
import type { LedgerConfig, LedgerDeps } from './ledger-config.ts';
import { readJournal } from './read-journal.ts';
import { readStagedRanges } from './staged-ranges.ts';
import { streamOfEvent, unknownSchemaOf } from './stream-of-event.ts';

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
    /** As they were before the tables were read: what has left them since is committed in the tables. */
    readonly chains: readonly SourceChain[];
  },
): Promise<{ readonly entries: readonly LedgerEntry[]; readonly problems: readonly string[] }> {
  const problems: string[] = [];
  const batches: OpenedEvents[] = [];
  for (const uri of work.uris) {
    const opened = await openBatches(deps, config, uri);
    if (typeof opened === 'string') problems.push(opened);
    else batches.push(...opened);
  }
  if (batches.length === 0) return { entries: [], problems };
  const hours = new Set(batches.flatMap(({ events }) => events.map(({ hour }) => hour)));
  const journal = await readJournal(deps, work.ledger, { domain: config.domain, hours });
  const rejected = await rejectedPositions(deps, work.rejected, batches);
  const sources = new Set(batches.map(({ source }) => source));
  const chains = work.chains.filter(({ source }) => sources.has(source));
  const entries = judgeFailures(batches, {
    staged: await readStagedRanges(deps.store, chains),
    journal: [...journal.flatMap(rangeOfLine), ...work.entries.flatMap(rangeOfEntry)],
    isRejected: (source, position) => rejected.get(source)?.has(positionKey(position)) ?? false,
  });
  return { entries, problems };
}

interface OpenedEvents extends OpenedBatch {
  readonly arrivals: readonly { readonly arrivalMicros: bigint }[];
}

/** The batches of an object with their events, those without left out; a problem in words when it cannot be read. */
async function openBatches(
  deps: Pick<LedgerDeps, 'store'>,
  config: LedgerConfig,
  uri: string,
): Promise<readonly OpenedEvents[] | string> {
  const generation = config.topicGeneration ?? 1;
  let batches: readonly FailedBatch[];
  try {
    batches = decodeFailedBatches(uri, await deps.store.get(uri), { generation });
  } catch (error) {
    // Someone tidied up: what was booked for it stays booked.
    if (hasCode(error, 'OBJECT_NOT_FOUND')) return [];
    if (!hasCode(error, 'FORMAT_CORRUPT')) throw error;
    return `${config.domain}: a failed batch cannot be read, its events are not accounted for: ${error.message}`;
  }
  await lookUpSchemas(batches, config);
  return batches.flatMap((batch) => openBatch(batch, config));
}

/** Schemas of events whose stream only the registry can tell; throws SOURCE_UNAVAILABLE when it does not answer. */
async function lookUpSchemas(batches: readonly FailedBatch[], config: LedgerConfig): Promise<void> {
  if (config.schemas === undefined) return;
  const unknown = new Set(
    batches.flatMap(({ records }) =>
      records.flatMap((record) =>
        openFailed(record).flatMap((event) => unknownSchemaOf(event, config) ?? []),
      ),
    ),
  );
  if (unknown.size > 0) {
    await config.schemas.lookUp(unknown, { left: DEFAULT_LOOKUP_LIMITS.perBatch });
  }
}

function openBatch(batch: FailedBatch, config: LedgerConfig): readonly OpenedEvents[] {
  // Without the payloads, record by record: a storm of failures, inflated, does not fit into memory.
  const events = batch.records.flatMap((record) => eventsOf(record, config));
  const [first, last] = [events[0], events.at(-1)];
  if (first === undefined || last === undefined) return [];
  return [
    {
      uri: batch.uri,
      source: batch.source,
      first: first.position,
      last: last.position,
      events,
      arrivals: batch.records.map(({ arrivalMs }) => ({ arrivalMicros: arrivalMicros(arrivalMs) })),
    },
  ];
}

function eventsOf(record: FailedRecord, config: LedgerConfig): readonly FailedEvent[] {
  const hour = arrivalHour(arrivalMicros(record.arrivalMs));
  return openFailed(record).map((event) => ({
    stream: streamOfEvent(event, config),
    hour,
    position: event.position,
  }));
}

function openFailed(record: FailedRecord): readonly OpenedEvent[] {
  const { sequence: sequenceNumber, partitionKey, arrivalMs, data } = record;
  return openRecord({ sequenceNumber, partitionKey, arrivalMs, data });
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
