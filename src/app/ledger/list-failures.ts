import { failureTimeMs } from '#core/ledger/failure-object.ts';
import type { LedgerCursor } from '#core/ledger/ledger-cursor.ts';
import type { ObjectStore } from '#ports/object-store.ts';
import type { LedgerConfig, LedgerLimits } from './ledger-config.ts';

/** Objects of the failure destination to judge, oldest first. */
export interface FailureListing {
  readonly uris: readonly string[];
  readonly next: LedgerCursor['failures'];
  /** Newer ones are left to the next run. */
  readonly isCut: boolean;
}

const DAY_MS = 86_400_000;
/**
 * Objects are looked at again for this long: one may become visible late, or a function that was given up may
 * still commit. Longer than a function can live (15 minutes) with room for clocks that differ.
 */
const LOOKBACK_MS = 3_600_000;
/** Older objects of a storm are not looked at again beyond this number, or half of `maxFailureBytes`. */
const MAX_LOOKBACK = 200;
/** Replaced event source mappings leave objects behind; so many are followed. */
const MAX_EARLIER_MAPPINGS = 4;

/**
 * Lists failed batches by day, `aws/lambda/<mapping>/<shard>/2026/11/20/…`, from the cursor on.
 * Source: AWS Lambda developer guide, "Retain discarded batch records for a Kinesis Data Streams event source".
 */
export async function listFailures(
  store: ObjectStore,
  config: LedgerConfig,
  options: {
    readonly before: LedgerCursor;
    readonly shardIds: readonly string[] | null;
    readonly nowMs: number;
    readonly limits: Pick<LedgerLimits, 'maxFailures' | 'maxFailureBytes'>;
  },
): Promise<FailureListing> {
  const { before, nowMs, limits } = options;
  const { through } = before.failures;
  const mappings = withMappings(before.failures.mappings, config.mappingIds);
  const fromMs = through === null ? null : through.timeMs - LOOKBACK_MS;
  const prefixes = mappings.flatMap((mapping) =>
    prefixesOf(`${config.deadLetterUri}/aws/lambda/${mapping}/`, { ...options, fromMs }),
  );
  const found: FailureFile[] = [];
  for (const prefix of prefixes) {
    for await (const { uri, sizeBytes, modifiedMs } of store.list(prefix)) {
      const timeMs = failureTimeMs(uri) ?? modifiedMs;
      if (fromMs === null || timeMs >= fromMs) found.push({ uri, timeMs, sizeBytes });
    }
  }
  found.sort(compareNames);
  const again = found.filter((name) => through !== null && compareNames(name, through) <= 0);
  const fresh = found.slice(again.length);
  // One at least, however large: otherwise no run would ever get past it.
  const fitting = fitInto(limits.maxFailureBytes, fresh.slice(0, limits.maxFailures));
  const taken = fresh.slice(0, Math.max(1, fitting));
  const looked = again.slice(-MAX_LOOKBACK);
  const lookedAgain = fitInto(limits.maxFailureBytes / 2, looked.toReversed());
  const isCut = taken.length < fresh.length;
  const last = taken.at(-1);
  const cutThrough = last === undefined ? through : { timeMs: last.timeMs, uri: last.uri };
  return {
    uris: [...looked.slice(looked.length - lookedAgain), ...taken].map(({ uri }) => uri),
    next: { through: isCut ? cutThrough : { timeMs: nowMs, uri: '' }, mappings },
    isCut,
  };
}

interface FailureName {
  readonly timeMs: number;
  readonly uri: string;
}

interface FailureFile extends FailureName {
  readonly sizeBytes: number;
}

/** How many of the first files are within so many bytes together. */
function fitInto(maxBytes: number, files: readonly FailureFile[]): number {
  let leftBytes = maxBytes;
  const end = files.findIndex(({ sizeBytes }) => {
    leftBytes -= sizeBytes;
    return leftBytes < 0;
  });
  return end < 0 ? files.length : end;
}

function compareNames(a: FailureName, b: FailureName): number {
  if (a.timeMs !== b.timeMs) return a.timeMs - b.timeMs;
  return a.uri === b.uri ? 0 : a.uri < b.uri ? -1 : 1;
}

function withMappings(known: readonly string[], present: readonly string[]): readonly string[] {
  const earlier = known.filter((mapping) => !present.includes(mapping));
  return [...earlier.slice(-MAX_EARLIER_MAPPINGS), ...present];
}

/** One prefix per shard and day; everything where shards have no names, and in the first run, when no day is known. */
function prefixesOf(
  root: string,
  options: {
    readonly fromMs: number | null;
    readonly nowMs: number;
    readonly shardIds: readonly string[] | null;
  },
): readonly string[] {
  const { fromMs, nowMs, shardIds } = options;
  if (fromMs === null || shardIds === null) return [root];
  const days: string[] = [];
  // A day more: the clock that names the objects may be ahead.
  for (let dayMs = startOfDay(fromMs); dayMs <= nowMs + LOOKBACK_MS; dayMs += DAY_MS) {
    days.push(new Date(dayMs).toISOString().slice(0, 10).replaceAll('-', '/'));
  }
  return shardIds.flatMap((shardId) => days.map((day) => `${root}${shardId}/${day}/`));
}

function startOfDay(timeMs: number): number {
  return Math.floor(timeMs / DAY_MS) * DAY_MS;
}
