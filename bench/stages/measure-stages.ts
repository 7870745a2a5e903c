/**
 * CPU time of every stage between the bytes of a Lambda event and a written file, in a process of its own; and of the heart
 * of it alone, Avro to Parquet, beside the reference in the same rounds.
 */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { FsObjectStore } from '#adapters/fs/fs-object-store.ts';
import { openEvents } from '#app/open-events.ts';
import { createColumnDecoder } from '#core/avro/columns/column-decoder.ts';
import { type ColumnTarget, createColumnTarget } from '#core/avro/columns/column-target.ts';
import { createRowDecoder } from '#core/avro/row-codec.ts';
import type { LakeWriterStream } from '#core/config/lambda-config.ts';
import { tableColumns } from '#core/delivery/bronze-vectors.ts';
import type { EventArena } from '#core/delivery/event-arena.ts';
import { type BlockReader, decodeBlock } from '#core/delivery/event-block.ts';
import { judgeBlock } from '#core/delivery/judge-block.ts';
import { processBlock } from '#core/delivery/process-block.ts';
import { splitByStream } from '#core/delivery/split-events.ts';
import { compileStreamPlan } from '#core/delivery/stream-plan.ts';
import type { NestedField } from '#core/iceberg/spec/schema.ts';
import { partitionRows } from '#core/iceberg/transform/partition-rows.ts';
import { createParquetWriter } from '#core/parquet/write-parquet.ts';
import type { TableShape } from '#core/schema/table-shape.ts';
import type { KinesisStreamEvent } from '#runtime/kinesis-batch.ts';
import { type TickBatch, tickBatch, tickDomain } from '../handler/tick-domain.ts';
import { answerParent } from '../process/answer-parent.ts';
import { createReferenceEncoder } from './reference-encoder.ts';

export interface StagesRequest {
  readonly folder: string;
  readonly rounds: number;
  readonly warmUp: number;
}

export interface StagesMeasured {
  readonly events: number;
  /** CPU nanoseconds per event of each round, by stage. */
  readonly stages: Readonly<Record<Stage, readonly number[]>>;
  /** CPU nanoseconds per event from decoded bodies to the bytes of a file with the ten columns. */
  readonly encode: readonly number[];
  readonly reference: readonly number[];
  readonly encodedBytes: number;
  readonly referenceBytes: number;
}

export const STAGES = [
  'parse',
  'open',
  'decode',
  'judge',
  'process',
  'partition',
  'parquet',
  'write',
] as const;
export type Stage = (typeof STAGES)[number];

if (import.meta.main) await answerParent(measureStages);

interface Bench {
  readonly stream: LakeWriterStream;
  readonly shape: TableShape;
  readonly batch: TickBatch;
  readonly payload: Buffer;
  readonly reader: BlockReader;
  readonly target: ColumnTarget;
  readonly maxSliceBytes: number;
}

async function measureStages({ folder, rounds, warmUp }: StagesRequest): Promise<StagesMeasured> {
  const bench = createBench();
  const lake = mkdtempSync(path.join(folder, 'stages-'));
  const stages = createStages(bench, lake);
  const encode = createEncoder(bench);
  const reference = createReferenceEncoder(avroSchema(bench.stream), tickFields(bench));
  const bodies = bench.batch.bodies.map((body) => Buffer.from(body));
  const measured = { encode: [] as number[], reference: [] as number[] };
  const laps = Object.fromEntries(STAGES.map((stage) => [stage, [] as number[]])) as Record<
    Stage,
    number[]
  >;
  const { events } = bench.batch;
  let [encodedBytes, referenceBytes] = [0, 0];
  for (let round = 0; round < warmUp + rounds; round++) {
    const found = await stages(round);
    const arena = await openArena(bench, parsePayload(bench.payload));
    const own = timed(() => encode(arena));
    const foreign = timed(() => reference(bodies).length);
    [encodedBytes, referenceBytes] = [own.result, foreign.result];
    if (round < warmUp) continue;
    for (const stage of STAGES) laps[stage].push((found.get(stage) ?? 0) / events);
    measured.encode.push(own.nanos / events);
    measured.reference.push(foreign.nanos / events);
  }
  rmSync(lake, { recursive: true });
  return { events, stages: laps, ...measured, encodedBytes, referenceBytes };
}

function createBench(): Bench {
  const domain = tickDomain();
  const [stream] = domain.config.streams;
  if (stream === undefined) throw new Error('expected a stream of ticks');
  const batch = tickBatch(domain, { batch: 0, shard: 0 });
  const schema = avroSchema(stream);
  const options = { writerSchema: schema, readerSchema: schema, fields: stream.fields };
  const decode = createRowDecoder(options);
  return {
    stream,
    shape: domain.schemas.table,
    batch,
    payload: Buffer.from(batch.payload),
    reader: {
      plan: compileStreamPlan(stream, { mappingVersion: stream.mappingVersion }),
      schemaVersion: stream.schemas.length,
      decoder: createColumnDecoder(options),
      decodeRow: (body) => decode(body).row,
      readExtra: null,
    },
    target: createColumnTarget(stream.fields),
    maxSliceBytes: domain.config.maxSliceBytes,
  };
}

function avroSchema({ schemas }: LakeWriterStream): unknown {
  const schema = schemas.at(-1);
  if (schema === undefined) throw new Error('expected a schema of ticks');
  return JSON.parse(schema.avro);
}

/** The stages one after another, each with what the one before gave; resolves to nanoseconds by stage. */
function createStages(
  bench: Bench,
  lake: string,
): (round: number) => Promise<ReadonlyMap<Stage, number>> {
  const { stream, shape, target, reader, payload } = bench;
  const parquet = createParquetWriter();
  const store = new FsObjectStore();
  const icebergSchemaJson = JSON.stringify(shape.schema);
  return async (round) => {
    const nanos = new Map<Stage, number>();
    let before = process.cpuUsage();
    const lap = (stage: Stage): void => {
      nanos.set(stage, cpuNanosSince(before));
      before = process.cpuUsage();
    };
    const event = parsePayload(payload);
    lap('parse');
    const arena = await openArena(bench, event);
    const { streams } = splitByStream(arena, { domain: stream.domain, readers: [reader] });
    lap('open');
    const block = decodeBlock(arena, streams[0]!, { fields: stream.fields, target });
    lap('decode');
    const judged = judgeBlock(block);
    lap('judge');
    const processed = processBlock(judged, {
      source: 'kinesis:local-ticks/shardId-000000000000',
      before: null,
      last: { sequence: '9'.repeat(56), subSequence: 0 },
      isCommitted: () => false,
    });
    const columns = tableColumns(shape.schema, processed.columns, judged.length);
    lap('process');
    const vectors = columns.map(({ vector }) => vector);
    const parts = partitionRows(shape.partitionSpec, shape.schema, {
      vectors,
      rows: processed.rows,
    });
    lap('partition');
    const files = parts.map(({ rows }) => parquet.write(columns, { icebergSchemaJson, rows }));
    lap('parquet');
    for (const { bytes } of files) {
      const name = createHash('sha256').update(bytes).digest('hex');
      await store.put(`file://${lake}/${round}-${name}.parquet`, bytes, { ifNoneMatch: '*' });
    }
    lap('write');
    const rows = files.reduce((sum, { metrics }) => sum + Number(metrics.recordCount), 0);
    requireEvents(bench, rows);
    return nanos;
  };
}

/** Decoded bodies to the ten columns' file: nothing of the envelope, as the reference. */
function createEncoder(bench: Bench): (arena: EventArena) => number {
  const { stream, reader, target } = bench;
  const parquet = createParquetWriter();
  const fields = tickFields(bench);
  return (arena) => {
    const { streams } = splitByStream(arena, { domain: stream.domain, readers: [reader] });
    const block = decodeBlock(arena, streams[0]!, { fields: stream.fields, target });
    const columns = fields.map((field, index) => ({ field, vector: block.vectors[index]! }));
    const { bytes, metrics } = parquet.write(columns, { icebergSchemaJson: '{}' });
    requireEvents(bench, Number(metrics.recordCount));
    return bytes.length;
  };
}

/** The stream's fields as columns of its table, in their order. */
function tickFields({ stream, shape }: Bench): readonly NestedField[] {
  return stream.fields.map(({ name }) => {
    const field = shape.schema.fields.find((each) => each.name === name);
    if (field === undefined) throw new Error(`expected a column ${name}`);
    return field;
  });
}

function requireEvents({ batch }: Bench, rows: number): void {
  if (rows !== batch.events) throw new Error(`expected ${batch.events} rows, got ${rows}`);
}

function parsePayload(payload: Buffer): KinesisStreamEvent {
  return JSON.parse(payload.toString('utf8')) as KinesisStreamEvent;
}

async function openArena(
  { reader, maxSliceBytes }: Bench,
  event: KinesisStreamEvent,
): Promise<EventArena> {
  const records = event.Records.map(({ kinesis }) => ({
    sequenceNumber: kinesis.sequenceNumber,
    partitionKey: kinesis.partitionKey,
    arrivalMs: Math.round(kinesis.approximateArrivalTimestamp * 1000),
    data: kinesis.data,
  }));
  const arenas: EventArena[] = [];
  for await (const { arena } of openEvents({ readerOf: () => reader, maxSliceBytes }, records)) {
    arenas.push(arena);
  }
  const [arena] = arenas;
  if (arena === undefined || arenas.length > 1)
    throw new Error(`expected one slice, got ${arenas.length}`);
  return arena;
}

function timed<T>(work: () => T): { readonly result: T; readonly nanos: number } {
  const before = process.cpuUsage();
  const result = work();
  return { result, nanos: cpuNanosSince(before) };
}

/** Of all threads: collecting garbage and compiling count. */
function cpuNanosSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) * 1000;
}
