import { createHash } from 'node:crypto';
import { commitTable } from '#app/commit-table.ts';
import { stageRows } from '#app/stage-rows.ts';
import { arrivalHour, BATCH_KEY, encodeBatchSummaries } from '#core/delivery/batch-summary.ts';
import { addCounts, type DeliveryCounts, NO_COUNTS } from '#core/delivery/delivery-counts.ts';
import { comparePositions, kinesisSource, type Position } from '#core/delivery/position.ts';
import { encodeSourceStates, readSourceStates, SOURCES_KEY } from '#core/delivery/source-state.ts';
import { encodeStagedBatch } from '#core/delivery/staged-batch.ts';
import { snapshotById } from '#core/iceberg/spec/table-metadata.ts';
import type { TableIdent } from '#ports/table-catalog.ts';
import {
  bronzeTable,
  DEAD_LETTERS,
  type LedgerWorld,
  MAPPING_ID,
  MINUTE_MS,
  REJECTED,
  STREAM_NAME,
  STREAMS,
} from './ledger-world.ts';

export type Fate = 'committed' | 'deduplicated' | 'rejected' | 'undecodable';

/** An event on a shard, and what becomes of it when the writer gets it. */
export interface HistoryEvent {
  readonly shardId: string;
  readonly stream: string;
  readonly arrivalMs: number;
  readonly position: Position;
  readonly fate: Fate;
}

/** Source: Lambda quotas. */
const FUNCTION_LIFE_MS = 15 * MINUTE_MS;

interface Placed {
  readonly parent: bigint | null;
  readonly events: readonly HistoryEvent[];
}

/** Stands for the lake-writer and its event source mapping, and knows where every event really is. */
export class HistoryWriter {
  readonly events: HistoryEvent[] = [];
  /** Events of batches that were given up. */
  readonly failed = new Set<HistoryEvent>();
  readonly #world: LedgerWorld;
  readonly #checkpoints = new Map<string, Position>();
  readonly #records = new Map<string, Uint8Array>();
  /** By table, then snapshot. */
  readonly #placed = new Map<string, Map<bigint, Placed>>();
  #failures = 0;
  #lastGivenUp: {
    readonly shardId: string;
    readonly batch: readonly HistoryEvent[];
    readonly atMs: number;
  } | null = null;

  constructor(world: LedgerWorld) {
    this.#world = world;
  }

  async produce(
    fates: readonly { readonly stream: string; readonly fate: Fate }[],
    key: string,
  ): Promise<void> {
    const streams = fates.map(({ stream }) => stream);
    const { shardId, sequenceNumber, data } = await this.#world.put(streams, key);
    this.#records.set(sequenceNumber, data);
    fates.forEach(({ stream, fate }, subSequence) => {
      const position = { sequence: sequenceNumber, subSequence };
      const isUnknown = stream === '_unknown';
      this.events.push({
        shardId,
        stream,
        arrivalMs: this.#world.nowMs,
        position,
        fate: isUnknown ? 'undecodable' : fate,
      });
    });
  }

  /**
   * Delivers the next records of a shard. `steps` is how far the writer gets before it fails: 0 nothing, 1 the
   * rejected table, 2 the first bronze table …; a failed batch goes to the failure destination when `givesUp`.
   */
  async deliver(
    shardId: string,
    options: { readonly records: number; readonly steps?: number; readonly givesUp?: boolean },
  ): Promise<void> {
    const { records, steps = 1 + STREAMS.length, givesUp = false } = options;
    const batch = this.#nextBatch(shardId, records);
    const last = batch.at(-1);
    if (last === undefined) return;
    if (steps >= 1) await this.#file(shardId, batch);
    for (const stream of STREAMS.slice(0, Math.max(0, steps - 1))) {
      await this.#append(shardId, stream, batch);
    }
    const isDone = steps >= 1 + STREAMS.length;
    if (!isDone && givesUp) await this.giveUp(shardId, batch);
    if (isDone || givesUp) this.#checkpoints.set(shardId, last.position);
  }

  /** A function that was given up a moment ago, and still lives, gets its batch in after all. */
  async commitLate(): Promise<void> {
    const given = this.#lastGivenUp;
    if (given === null || this.#world.nowMs - given.atMs > FUNCTION_LIFE_MS) return;
    await this.#file(given.shardId, given.batch);
    for (const stream of STREAMS) await this.#append(given.shardId, stream, given.batch);
  }

  /** The batch that was given up last was staged by then: its link waits for a commit, which the mapping knows nothing of. */
  async stageGivenUp(): Promise<void> {
    const given = this.#lastGivenUp;
    if (given === null) return;
    const { store, stagingLog } = this.#world;
    const source = kinesisSource(STREAM_NAME, given.shardId);
    const [first, last] = [given.batch[0]!.position, given.batch.at(-1)!.position];
    const part = {
      tableUuid: '-',
      schemaId: 0,
      specId: 0,
      dedupeHorizonMs: 0,
      first,
      files: [],
      streams: new Map(),
      duplicates: [],
      maxEventTimeMicros: null,
    };
    const tables = new Map([['local_market_bronze.trade', part]]);
    const body = Buffer.from(encodeStagedBatch({ domain: 'market', source, last, tables }));
    const sha256 = createHash('sha256').update(body).digest('hex');
    const uri = `s3://lake/local_market_bronze/rejected/staged/${sha256}.json`;
    await store.put(uri, body);
    const before = await stagingLog.read('market', source);
    const link = {
      prev: before?.position ?? null,
      last,
      tables: new Map([['local_market_bronze.trade', null]]),
      descriptor: { uri, sha256 },
      stagedAtMs: this.#world.nowMs,
    };
    const isStaged = await stagingLog.put('market', {
      source,
      version: (before?.version ?? 0) + 1,
      position: last,
      tables: new Map(),
      links: [...(before?.links ?? []), link],
    });
    if (!isStaged) throw new Error('the batch was not staged');
  }

  /** The committer gets to the batch that was staged last, however late, and its link leaves the chain. */
  async commitStaged(): Promise<void> {
    const given = this.#lastGivenUp;
    if (given === null) return;
    await this.#file(given.shardId, given.batch);
    for (const stream of STREAMS) await this.#append(given.shardId, stream, given.batch);
    const { stagingLog } = this.#world;
    const chain = await stagingLog.read('market', kinesisSource(STREAM_NAME, given.shardId));
    if (chain === null) return;
    await stagingLog.put('market', { ...chain, version: chain.version + 1, links: [] });
  }

  /** The batch that was given up last lies in the failure destination twice, the second time without its first record. */
  async giveUpTwice(): Promise<void> {
    const given = this.#lastGivenUp;
    if (given === null) return;
    const [first] = given.batch;
    const rest = given.batch.filter(
      ({ position }) => position.sequence !== first?.position.sequence,
    );
    await this.giveUp(given.shardId, rest.length === 0 ? given.batch : rest);
  }

  /** Writes a batch to the failure destination, as the event source mapping does. */
  async giveUp(shardId: string, batch: readonly HistoryEvent[]): Promise<string> {
    for (const event of batch) this.failed.add(event);
    this.#lastGivenUp = { shardId, batch, atMs: this.#world.nowMs };
    const time = new Date(this.#world.nowMs).toISOString();
    const day = time.slice(0, 10).replaceAll('-', '/');
    const name = `${time.slice(0, 19).replaceAll(':', '.')}-${String(this.#failures++).padStart(8, '0')}`;
    const uri = `${DEAD_LETTERS}/aws/lambda/${MAPPING_ID}/${shardId}/${day}/${name}`;
    await this.#world.store.put(uri, this.#failureDocument(shardId, batch));
    return uri;
  }

  /** Rolls a table back to the parent of its current snapshot, and has the mapping deliver again what was in. */
  async rollBack(ident: TableIdent): Promise<void> {
    const snapshots = this.#placed.get(ident.table);
    const metadata = await this.#world.metadata(ident);
    const current = metadata['current-snapshot-id'];
    const placed = current === null ? undefined : snapshots?.get(current);
    const parent = placed?.parent ?? null;
    if (placed === undefined || parent === null || snapshotById(metadata, parent) === null) return;
    await this.#world.rollBackTo(ident, parent);
    for (const { shardId, position } of placed.events) this.#rewind(shardId, position);
  }

  /** Expires every snapshot but the newest on the current line. */
  async expire(ident: TableIdent, keep: number): Promise<void> {
    const line: bigint[] = [];
    let id = (await this.#world.metadata(ident))['current-snapshot-id'];
    while (id !== null && line.length < keep) {
      line.push(id);
      id = this.#placed.get(ident.table)?.get(id)?.parent ?? null;
    }
    await this.#world.changeTable(ident, (metadata) => ({
      ...metadata,
      snapshots: metadata.snapshots.filter((snapshot) => line.includes(snapshot['snapshot-id'])),
      'snapshot-log': [],
    }));
  }

  /** Sums of the truth, by stream, source and hour: the same names as the journal's counts. */
  async truth(): Promise<ReadonlyMap<string, Readonly<Record<string, number>>>> {
    const inTables = new Set<HistoryEvent>();
    for (const ident of [...STREAMS.map(bronzeTable), REJECTED]) {
      for (const event of await this.#eventsIn(ident)) inTables.add(event);
    }
    const sums = new Map<string, Record<string, number>>();
    for (const event of this.events) {
      const key = `${event.stream} ${sourceOf(event)} ${hourOf(event)}`;
      const sum = sums.get(key) ?? {};
      sums.set(key, sum);
      const add = (name: string) => {
        sum[name] = (sum[name] ?? 0) + 1;
      };
      add('received');
      if (inTables.has(event)) add(event.fate === 'undecodable' ? 'deadLettered' : event.fate);
      else if (this.failed.has(event)) add('deadLettered');
    }
    return sums;
  }

  async #eventsIn(ident: TableIdent): Promise<readonly HistoryEvent[]> {
    const snapshots = this.#placed.get(ident.table);
    const events: HistoryEvent[] = [];
    let id = (await this.#world.metadata(ident))['current-snapshot-id'];
    while (id !== null) {
      const placed: Placed | undefined = snapshots?.get(id);
      events.push(...(placed?.events ?? []));
      id = placed?.parent ?? null;
    }
    return events;
  }

  #nextBatch(shardId: string, records: number): readonly HistoryEvent[] {
    const after = this.#checkpoints.get(shardId);
    const waiting = this.events.filter(
      (event) =>
        event.shardId === shardId &&
        (after === undefined || comparePositions(event.position, after) > 0),
    );
    const sequences = [...new Set(waiting.map(({ position }) => position.sequence))];
    const taken = new Set(sequences.slice(0, records));
    return waiting.filter(({ position }) => taken.has(position.sequence));
  }

  /** Source: AWS Lambda developer guide, example of an invocation record. */
  #failureDocument(shardId: string, batch: readonly HistoryEvent[]): Uint8Array {
    const arrivals = new Map(
      batch.map(({ position, arrivalMs }) => [position.sequence, arrivalMs]),
    );
    const Records = [...arrivals].map(([sequenceNumber, arrivalMs]) => ({
      eventID: `${shardId}:${sequenceNumber}`,
      eventSourceARN: `arn:aws:kinesis:us-east-1:000000000000:stream/${STREAM_NAME}`,
      kinesis: {
        sequenceNumber,
        partitionKey: 'k',
        data: Buffer.from(this.#records.get(sequenceNumber) ?? []).toString('base64'),
        approximateArrivalTimestamp: arrivalMs / 1000,
      },
    }));
    return Buffer.from(JSON.stringify({ version: '1.0', payload: JSON.stringify({ Records }) }));
  }

  #rewind(shardId: string, position: Position): void {
    const before = this.events
      .filter((e) => e.shardId === shardId && e.position.sequence < position.sequence)
      .at(-1);
    const checkpoint = this.#checkpoints.get(shardId);
    if (checkpoint === undefined || comparePositions(checkpoint, position) < 0) return;
    if (before === undefined) this.#checkpoints.delete(shardId);
    else this.#checkpoints.set(shardId, before.position);
  }

  async #file(shardId: string, batch: readonly HistoryEvent[]): Promise<void> {
    const filed = new Set(await this.#eventsIn(REJECTED));
    const fresh = batch.filter(
      (event) => ['rejected', 'undecodable'].includes(event.fate) && !filed.has(event),
    );
    if (fresh.length === 0) return;
    await this.#commit(REJECTED, { shardId, fresh, range: batch });
  }

  async #append(shardId: string, stream: string, batch: readonly HistoryEvent[]): Promise<void> {
    const ident = bronzeTable(stream);
    const source = kinesisSource(STREAM_NAME, shardId);
    const state = readSourceStates(await this.#world.metadata(ident)).get(source);
    const own = batch.filter(
      (event) =>
        event.stream === stream &&
        (state === undefined || comparePositions(event.position, state.position) > 0),
    );
    if (own.length === 0) return;
    const fresh = own.filter(({ fate }) => fate === 'committed' || fate === 'deduplicated');
    await this.#commit(ident, { shardId, fresh, range: own });
  }

  async #commit(
    ident: TableIdent,
    work: {
      readonly shardId: string;
      readonly fresh: readonly HistoryEvent[];
      readonly range: readonly HistoryEvent[];
    },
  ): Promise<void> {
    const { shardId, fresh, range } = work;
    const source = kinesisSource(STREAM_NAME, shardId);
    const [first, last] = [range[0]!.position, range.at(-1)!.position];
    const streams = countStreams(fresh);
    const sum = [...streams.values()]
      .flatMap((hours) => [...hours.values()])
      .reduce(addCounts, NO_COUNTS);
    let parent: bigint | null = null;
    const outcome = await commitTable(this.#world.deps, ident, {
      build: async (base) => {
        parent = base['current-snapshot-id'];
        const states = readSourceStates(base);
        const before = states.get(source);
        const counts = addCounts(before?.counts ?? NO_COUNTS, sum);
        const position =
          before !== undefined && comparePositions(before.position, last) > 0
            ? before.position
            : last;
        const state = { position, maxEventTimeMicros: null, counts };
        const sources = encodeSourceStates(new Map([...states, [source, state]]));
        const rows = ident === REJECTED ? fresh.map((event) => rejectedRow(event, source)) : [];
        return {
          addFiles:
            rows.length === 0
              ? []
              : await stageRows(this.#world.store, base, { rows, range: { source, first, last } }),
          summary: {
            [SOURCES_KEY]: sources,
            [BATCH_KEY]: encodeBatchSummaries([{ source, first, last, streams }]),
          },
          properties: { [SOURCES_KEY]: sources },
        };
      },
    });
    if (outcome.kind !== 'committed') throw new Error('the writer had nothing to commit');
    const snapshots = this.#placed.get(ident.table) ?? new Map<bigint, Placed>();
    this.#placed.set(ident.table, snapshots.set(outcome.snapshotId, { parent, events: fresh }));
  }
}

function countStreams(
  events: readonly HistoryEvent[],
): ReadonlyMap<string, ReadonlyMap<string, DeliveryCounts>> {
  const streams = new Map<string, Map<string, DeliveryCounts>>();
  for (const event of events) {
    const hours = streams.get(event.stream) ?? new Map<string, DeliveryCounts>();
    const name = event.fate === 'undecodable' ? 'deadLettered' : event.fate;
    const one = { ...NO_COUNTS, received: 1, [name]: 1 };
    hours.set(hourOf(event), addCounts(hours.get(hourOf(event)) ?? NO_COUNTS, one));
    streams.set(event.stream, hours);
  }
  return streams;
}

function hourOf({ arrivalMs }: HistoryEvent): string {
  return arrivalHour(BigInt(arrivalMs) * 1000n);
}

function sourceOf({ shardId }: HistoryEvent): string {
  return kinesisSource(STREAM_NAME, shardId);
}

function rejectedRow(event: HistoryEvent, source: string) {
  return {
    stream: event.stream,
    kind: event.fate,
    reason: 'planted',
    row: null,
    payload: null,
    payload_uri: null,
    partition_key: 'k',
    _schema_version: null,
    _ingested_at: BigInt(event.arrivalMs) * 1000n,
    _source: source,
    _sequence: event.position.sequence,
    _sub_sequence: event.position.subSequence,
  };
}
