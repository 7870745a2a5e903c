import { ingestBatch, type SourceRecord } from '#app/ingest-batch.ts';
import { createEventGenerator, NO_FAULTS } from '#core/generate/generate-events.ts';
import { IngestWorld, recordOf, SOURCE, START_MS, tradeRecords } from '#test/app/ingest-world.ts';
import type { FuzzCase, FuzzTarget, Verdict } from '../fuzz-target.ts';
import { below, type Draw, mutateBytes } from '../mutate.ts';
import { reseal } from './kinesis-record.ts';

/** Batches until the next fresh world: a table of many thousand commits is another test's subject. */
const BATCHES_PER_WORLD = 50;
const DAMAGED_PER_BATCH = 10;

/**
 * The whole writer: batches of damaged records with a good one at the end. No batch may fail, and the good
 * event must be in the table after its first delivery. One input is one damaged record.
 */
export const writerBatch: FuzzTarget = {
  name: 'writer-batch',
  async prepare(): Promise<FuzzCase> {
    let lane = await openLane();
    let damaged: Uint8Array[] = [];
    return {
      async run(draw: Draw): Promise<Verdict> {
        const mutated = mutateBytes(draw, lane.genuine);
        damaged.push(below(draw, 2) === 0 ? mutated : reseal(mutated));
        if (damaged.length < DAMAGED_PER_BATCH) return 'accepted';
        if (lane.batches === BATCHES_PER_WORLD) lane = await openLane();
        await deliver(lane, damaged);
        damaged = [];
        return 'accepted';
      },
    };
  },
};

interface Lane {
  readonly world: IngestWorld;
  /** Records to damage. */
  readonly genuine: readonly Uint8Array[];
  readonly goodRecord: (sequence: number) => SourceRecord;
  batches: number;
  sequence: number;
}

async function openLane(): Promise<Lane> {
  const world = await IngestWorld.create();
  const stream = world.writerConfig.streams[0];
  if (stream === undefined) throw new Error('the domain has no stream');
  const eventAt = createEventGenerator({
    stream,
    seed: 'good',
    run: 1,
    startMs: START_MS - 60_000,
    eventsPerSecond: 100,
    faults: NO_FAULTS,
  });
  return {
    world,
    genuine: tradeRecords(world, 20, 3).map(({ data }) => bytesOf(data)),
    goodRecord: (sequence) => recordOf(world, sequence, [eventAt(sequence).row]),
    batches: 0,
    sequence: 0,
  };
}

async function deliver(lane: Lane, damaged: readonly Uint8Array[]): Promise<void> {
  const { world } = lane;
  const records = damaged.map((data) => ({
    sequenceNumber: String(++lane.sequence),
    partitionKey: 'x',
    arrivalMs: START_MS + lane.sequence,
    data,
  }));
  const before = (await world.state())?.counts.committed ?? 0;
  const good = lane.goodRecord(lane.sequence);
  lane.sequence++;
  lane.batches++;
  await ingestBatch(world.deps, world.config, { source: SOURCE, records: [...records, good] });
  const after = (await world.state())?.counts.committed ?? 0;
  if (after <= before) throw new Error('the good event of the batch was not committed');
}

function bytesOf(data: Uint8Array | string): Uint8Array {
  return typeof data === 'string' ? Buffer.from(data, 'base64') : data;
}
