/**
 * Events per second through the parts of the ingest path, on one core and without I/O: `npm run bench`.
 * The last line of stdout is one JSON object. `--save` writes it to bench/baseline.json; otherwise it is compared with
 * that file, as ratios, since machines differ.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { fileURLToPath } from 'node:url';
import avsc from 'avsc';
import { MemoryObjectStore } from '#adapters/memory/memory-object-store.ts';
import { MemoryTableCatalog } from '#adapters/memory/memory-table-catalog.ts';
import { createHyparquetTableReader } from '#adapters/parquet/hyparquet-table-reader.ts';
import { createEventEncoder } from '#app/encode-events.ts';
import { ingestBatch } from '#app/ingest-batch.ts';
import { createRowDecoder, createRowEncoder } from '#core/avro/row-codec.ts';
import { buildLakeWriterConfig } from '#core/config/lambda-config.ts';
import { createEventGenerator, NO_FAULTS } from '#core/generate/generate-events.ts';
import { serializeTableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import { createTableMetadata } from '#core/iceberg/transaction/create-table.ts';
import { decodeRecord, encodeAggregatedRecord } from '#core/kinesis/aggregated-record.ts';
import { findStream } from '#core/schema/registry.ts';
import { REJECTED_TABLE, REJECTED_TABLE_SHAPE } from '#core/schema/rejected-table.ts';
import { compileIngestConfig } from '#runtime/lake-writer.ts';
import { loadProject } from '#runtime/load-project.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const BASELINE = fileURLToPath(new URL('baseline.json', import.meta.url));
const EVENTS = 100_000;
const PER_RECORD = 2_000;
const ROUNDS = 5;

const { project, registry } = loadProject({ root: ROOT, environment: 'local' });
const config = buildLakeWriterConfig(project, registry, { domain: 'market' });
const stream = config.streams[0]!;
const { avro, schemaVersionId } = stream.schemas.at(-1)!;
const schema: unknown = JSON.parse(avro);
const startMs = Date.UTC(2026, 0, 1);
const eventAt = createEventGenerator({
  stream,
  seed: 'bench',
  run: 1,
  startMs,
  eventsPerSecond: EVENTS,
  faults: NO_FAULTS,
});
const rows = Array.from({ length: EVENTS }, (_, index) => eventAt(index).row);
const encodeBody = createRowEncoder(schema, stream.fields);
const bodies = rows.map(encodeBody);
const decode = createRowDecoder({
  writerSchema: schema,
  readerSchema: schema,
  fields: stream.fields,
});
const avscType = avsc.Type.forSchema(schema as avsc.Schema);
const avscBodies = bodies.map((body) => Buffer.from(body));
const encode = createEventEncoder(stream, { schemaVersionId, encodeBody });
const events = rows.map(encode);
const groups = Array.from({ length: EVENTS / PER_RECORD }, (_, group) =>
  events.slice(group * PER_RECORD, (group + 1) * PER_RECORD),
);
const records = groups.map((group, index) => ({
  sequenceNumber: String(index + 1),
  partitionKey: 'x',
  arrivalMs: startMs + 60_000,
  data: encodeAggregatedRecord(group),
}));

const measured = {
  generate: await eventsPerSecond(() =>
    Array.from({ length: EVENTS }, (_, index) => eventAt(index)),
  ),
  encode: await eventsPerSecond(() => each(rows, encodeBody)),
  aggregate: await eventsPerSecond(() => each(groups, encodeAggregatedRecord)),
  take_apart: await eventsPerSecond(() =>
    each(records, (record) => decodeRecord(record.data, 'x')),
  ),
  decode: await eventsPerSecond(() => each(bodies, decode)),
  decode_avsc: await eventsPerSecond(() => each(avscBodies, (body) => avscType.fromBuffer(body))),
  ingest: await eventsPerSecond(ingestAll),
};
const result = {
  events: EVENTS,
  machine: `${os.cpus()[0]?.model.trim()} x ${os.cpus().length}, Node ${process.version}`,
  commit: execFileSync('git', ['rev-parse', '--short', 'HEAD'], {
    cwd: ROOT,
    encoding: 'utf8',
  }).trim(),
  events_per_second: measured,
};
report(result);

function each<T>(items: readonly T[], work: (item: T) => unknown): void {
  for (const item of items) work(item);
}

/** Best of several rounds: what the code can do when nothing else takes the core. */
async function eventsPerSecond(work: () => unknown): Promise<number> {
  let best = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const before = performance.now();
    await work();
    best = Math.max(best, (EVENTS * 1000) / (performance.now() - before));
  }
  return Math.round(best);
}

/** Five batches through validation, mapping, Parquet and commit, into memory. */
async function ingestAll(): Promise<void> {
  const store = new MemoryObjectStore();
  const catalog = new MemoryTableCatalog();
  const tables = [
    { ident: stream.table, shape: findStream(registry, 'market', 'trade')!.table },
    { ident: { ...stream.table, table: REJECTED_TABLE }, shape: REJECTED_TABLE_SHAPE },
  ];
  for (const { ident, shape } of tables) {
    const location = `s3://lake/${ident.table}`;
    const tableUuid = '00000000-0000-4000-8000-000000000001';
    const metadata = createTableMetadata({ ...shape, location, tableUuid, nowMs: startMs });
    const file = `${location}/metadata/00000.metadata.json`;
    await store.put(file, Buffer.from(serializeTableMetadata(metadata)));
    catalog.create(ident, file);
  }
  const deps = {
    store,
    catalog,
    reader: createHyparquetTableReader(store),
    committedIds: new Map(),
    clock: { nowMs: () => startMs, sleep: async () => {} },
    random: {
      next: Math.random,
      bytes: (length: number) => crypto.getRandomValues(new Uint8Array(length)),
    },
  };
  const ingest = compileIngestConfig(config, { deadLetterUri: 's3://dead' });
  for (let start = 0; start < records.length; start += 10) {
    await ingestBatch(deps, ingest, {
      source: 'kinesis:bench/shardId-000000000000',
      records: records.slice(start, start + 10),
    });
  }
}

function report(now: typeof result): void {
  const save = process.argv.includes('--save');
  const baseline = save ? now : (JSON.parse(readFileSync(BASELINE, 'utf8')) as typeof result);
  for (const [part, rate] of Object.entries(now.events_per_second)) {
    const before = baseline.events_per_second[part as keyof typeof measured];
    console.log(
      `${part.padEnd(12)} ${rate.toLocaleString('en-US').padStart(12)}/s  ${(rate / before).toFixed(2)} x baseline (${baseline.commit})`,
    );
  }
  const ratio = measured.decode / measured.decode_avsc;
  console.log(`decode is ${ratio.toFixed(2)} x avsc in this run`);
  if (save) writeFileSync(BASELINE, `${JSON.stringify(now, null, 2)}\n`);
  console.log(JSON.stringify(now));
}
