import { hasCode } from '#core/errors.ts';
import { loadManifestList, loadManifests } from '#core/iceberg/scan/load-manifests.ts';
import { type BookedTable, bookTable } from './booked-table.ts';
import { checkBooks } from './check-books.ts';
import { checkReference } from './check-reference.ts';
import type { TableRow } from './live-rows.ts';
import { placeOf, rowPlace, type SentEvent } from './workload.ts';
import { type SimulatedWorld, TABLES } from './world.ts';

/** The world at rest, with what excuses an event that is not there. */
export interface Findings {
  readonly world: SimulatedWorld;
  /** Trades, quotes, rejected. */
  readonly tables: readonly BookedTable[];
  readonly places: ReadonlyMap<string, number>;
  /** Events (placeOf) of batches that were given up to the failure destination. */
  readonly holes: ReadonlySet<string>;
  /** Whether the event's row may have been taken out on purpose. */
  readonly mayBeGone: (event: SentEvent) => boolean;
}

const HORIZON_MS = 3_600_000;

/** The properties of exactly-once delivery that must hold when everything has come to rest. */
export async function checkProperties(world: SimulatedWorld): Promise<readonly string[]> {
  const tables: BookedTable[] = [];
  for (const table of TABLES) {
    const metadata = await world.lake.metadata(table);
    tables.push(await bookTable(world.lake.store, world.journal, { table, metadata }));
  }
  const rows = tables.flatMap((table) => table.rows);
  const findings: Findings = {
    world,
    tables,
    places: countBy(rows, rowPlace),
    holes: holesOf(world),
    mayBeGone: (event) => mayBeGone(world, event),
  };
  return [
    ...inOnePlace(findings),
    ...onceByIdentity(findings),
    ...nothingElse(findings),
    ...goneForGood(findings),
    ...checkBooks(findings),
    ...(await checkReference(findings)),
    ...(await everySnapshotReadable(world)),
    ...world.jobFailures.filter(isFault).map(({ job, error }) => `${job}: ${describe(error)}`),
  ];
}

function holesOf({ readers }: SimulatedWorld): ReadonlySet<string> {
  const places = new Set<string>();
  for (const { shard, holes } of readers) {
    for (const { from, to } of holes) {
      for (const event of shard.events.slice(from, to).flat()) places.add(placeOf(event));
    }
  }
  return places;
}

function mayBeGone({ removed, retainedFromMs }: SimulatedWorld, event: SentEvent): boolean {
  if (removed.has(placeOf(event))) return true;
  const from = Math.max(retainedFromMs.get(event.table) ?? 0, retainedFromMs.get('rejected') ?? 0);
  return event.arrivalMs < from;
}

/** 1 and 2: an event is in one place, or its identity is committed by another event. */
function inOnePlace({ world, places, tables, holes, mayBeGone }: Findings): string[] {
  const [trades, quotes] = tables;
  const identities = new Set([...(trades?.rows ?? []), ...(quotes?.rows ?? [])].map(identityOf));
  const { events } = world.workload;
  for (const event of events) if (mayBeGone(event)) identities.add(event.identity);
  return events.flatMap((event) => {
    const place = placeOf(event);
    const count = places.get(place) ?? 0;
    if (count > 1) return [`doubled: ${place} stands in ${count} places`];
    if (count === 1 || holes.has(place) || mayBeGone(event)) return [];
    if (event.fate === 'accepted' && identities.has(event.identity)) return [];
    return [`lost: ${place} (${event.fate}, ${event.identity})`];
  });
}

/** 1: events that are the same one are in the tables once; all arrive within the horizon of each other. */
function onceByIdentity({ world, tables }: Findings): string[] {
  const arrivals = new Map<string, number[]>();
  for (const { identity, arrivalMs } of world.workload.events)
    arrivals.set(identity, [...(arrivals.get(identity) ?? []), arrivalMs]);
  return tables.slice(0, 2).flatMap(({ rows }) =>
    [...countBy(rows, identityOf)].flatMap(([identity, count]) => {
      const times = arrivals.get(identity) ?? [];
      const isNear = Math.max(...times) - Math.min(...times) <= HORIZON_MS;
      return count > 1 && isNear ? [`doubled: event ${identity} stands in ${count} rows`] : [];
    }),
  );
}

function nothingElse({ world, places }: Findings): string[] {
  const sent = new Set(world.workload.events.map(placeOf));
  return [...places.keys()]
    .filter((place) => !sent.has(place))
    .map((place) => `invented: ${place} was never sent`);
}

/** What another engine took out stays out, whatever is written anew. */
function goneForGood({ world, places }: Findings): string[] {
  return [...world.gone]
    .filter((place) => places.has(place))
    .map((place) => `resurrected: ${place} was deleted on purpose`);
}

/** Tagged or current: every file that a snapshot names is there. */
async function everySnapshotReadable({ lake }: SimulatedWorld): Promise<readonly string[]> {
  const missing: string[] = [];
  const read = (uri: string) => lake.store.get(uri);
  const seen = new Set<string>();
  for (const table of TABLES) {
    const metadata = await lake.metadata(table);
    const ids = new Set(metadata.snapshots.map((snapshot) => snapshot['snapshot-id']));
    for (const [name, ref] of Object.entries(metadata.refs)) {
      const id = ref['snapshot-id'];
      if (!ids.has(id)) missing.push(`deleted: snapshot ${id} of ${table.table}, named by ${name}`);
    }
    for (const snapshot of metadata.snapshots) {
      try {
        const listed = await loadManifestList(read, snapshot);
        const unseen = listed.filter(({ manifestPath }) => !seen.has(manifestPath));
        for (const { manifestPath } of unseen) seen.add(manifestPath);
        for (const { entries } of await loadManifests(read, unseen)) {
          for (const { status, file } of entries) {
            if (status === 'deleted' || (await lake.store.head(file.filePath)) !== null) continue;
            missing.push(`deleted: ${file.filePath} of snapshot ${snapshot['snapshot-id']}`);
          }
        }
      } catch (error) {
        missing.push(`deleted: snapshot ${snapshot['snapshot-id']}: ${describe(error)}`);
      }
    }
  }
  return missing;
}

/** A job may lose to others or meet a service that does not answer; it runs again. */
const HARMLESS = ['COMMIT_CONFLICT', 'COMMIT_STATE_UNKNOWN', 'SOURCE_UNAVAILABLE'] as const;

function isFault({ error }: { readonly error: unknown }): boolean {
  return !HARMLESS.some((code) => hasCode(error, code));
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function identityOf(row: TableRow): string {
  return String(row['trade_id']);
}

function countBy<T>(items: readonly T[], keyOf: (item: T) => string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(keyOf(item), (counts.get(keyOf(item)) ?? 0) + 1);
  return counts;
}
