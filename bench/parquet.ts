/**
 * Rows per second of the Parquet writer on one core, against hyparquet-writer and DuckDB's COPY in the same
 * run: `node bench/parquet.ts`. All write zstd level 1. hyparquet-writer is measured when it can be imported
 * (HYPARQUET_WRITER names another place). The last line of stdout is one JSON object.
 *
 * Rates are of CPU time (best round), because other work on the machine costs wall time only.
 */
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { constants, zstdCompressSync } from 'node:zlib';
import { DuckDBInstance } from '@duckdb/node-api';
import avsc from 'avsc';
import { createColumnDecoder } from '#core/avro/columns/column-decoder.ts';
import { createColumnTarget } from '#core/avro/columns/column-target.ts';
import { createRowEncoder } from '#core/avro/row-codec.ts';
import type { Vector } from '#core/columns/vector.ts';
import type { VectorColumn } from '#core/parquet/vector-column.ts';
import { createParquetWriter } from '#core/parquet/write-parquet.ts';
import { toAvroSchema } from '#core/schema/avro-schema.ts';
import type { Field, FieldType, Value } from '#core/schema/field.ts';
import { bronzeColumns, tickColumns } from './trade-ticks.ts';

const BATCH_ROWS = 200_000;
const LARGE_ROWS = 1_000_000;
const ROUNDS = 15;
const FOREIGN_ROUNDS = 5;
const OPTIONS = { icebergSchemaJson: '{}' };

const FOREIGN_TYPES: Readonly<Record<string, string>> = {
  string: 'STRING',
  timestamp: 'INT64',
  long: 'INT64',
  double: 'DOUBLE',
  int: 'INT32',
  boolean: 'BOOLEAN',
};

interface Measured {
  readonly rowsPerCpuSecond: number;
  readonly rowsPerSecond: number;
  readonly bytesPerRow: number;
}

const directory = mkdtempSync(path.join(os.tmpdir(), 'sluice-bench-'));
try {
  const results: Record<string, Measured | null> = {};
  const ticks = tickColumns(BATCH_ROWS);
  const bronze = bronzeColumns(BATCH_ROWS);
  results['tick'] = await measure(BATCH_ROWS, ROUNDS, ownWriter(ticks));
  results['tick_selected'] = await measure(BATCH_ROWS / 2, ROUNDS, ownWriter(ticks, everySecond()));
  results['bronze'] = await measure(BATCH_ROWS, ROUNDS, ownWriter(bronze));
  const memory = await measureMemory();
  results['tick_1m'] = memory.measured;
  const hyparquet = await importHyparquetWriter();
  for (const [name, columns] of [['tick', ticks] as const, ['bronze', bronze] as const]) {
    const lists = columns.map(toList);
    results[`${name}_hyparquet_writer`] = hyparquet
      ? await measure(BATCH_ROWS, FOREIGN_ROUNDS, () => writeForeign(hyparquet, lists))
      : null;
    results[`${name}_duckdb_copy`] = await measureCopy(columns);
  }
  const avro = encodeTicks(ticks);
  results['tick_from_avro'] = await measure(BATCH_ROWS, ROUNDS, decodeAndWrite(ticks, avro));
  results['tick_from_avro_avsc_rows_hyparquet_writer'] = hyparquet
    ? await measure(BATCH_ROWS, FOREIGN_ROUNDS, rowsAndWrite(hyparquet, ticks, avro))
    : null;
  for (const [name, result] of Object.entries(results)) print(name, result);
  console.log(
    JSON.stringify({
      rows: BATCH_ROWS,
      machine: `${os.cpus()[0]?.model.trim()} x ${os.cpus().length}, Node ${process.version}`,
      load_average: os.loadavg()[0],
      peak_rss_bytes_per_row_1m: memory.peakBytesPerRow,
      ...results,
    }),
  );
} finally {
  rmSync(directory, { recursive: true, force: true });
}

async function measure(
  rows: number,
  rounds: number,
  write: () => number | Promise<number>,
): Promise<Measured> {
  let cpuMicros = Number.POSITIVE_INFINITY;
  let wallMs = Number.POSITIVE_INFINITY;
  let bytes = 0;
  for (let round = 0; round < rounds; round += 1) {
    const beganMs = performance.now();
    const began = process.cpuUsage();
    bytes = await write();
    const used = process.cpuUsage(began);
    wallMs = Math.min(wallMs, performance.now() - beganMs);
    cpuMicros = Math.min(cpuMicros, used.user + used.system);
  }
  return {
    rowsPerCpuSecond: Math.round((rows * 1e6) / cpuMicros),
    rowsPerSecond: Math.round((rows * 1e3) / wallMs),
    bytesPerRow: Math.round((bytes * 100) / rows) / 100,
  };
}

function ownWriter(columns: readonly VectorColumn[], rows?: Int32Array): () => number {
  const writer = createParquetWriter();
  const options = rows === undefined ? OPTIONS : { ...OPTIONS, rows };
  return () => writer.write(columns, options).bytes.length;
}

function everySecond(): Int32Array {
  return Int32Array.from({ length: BATCH_ROWS / 2 }, (_, index) => 2 * index);
}

/** What a million rows add to the process beyond their vectors. */
async function measureMemory() {
  const columns = tickColumns(LARGE_ROWS);
  globalThis.gc?.();
  const before = process.memoryUsage.rss();
  const measured = await measure(LARGE_ROWS, 3, ownWriter(columns));
  const peak = process.resourceUsage().maxRSS * 1024;
  return { measured, peakBytesPerRow: Math.round((peak - before) / LARGE_ROWS) };
}

interface ForeignColumn {
  readonly name: string;
  readonly type: string;
  readonly nullable: boolean;
  readonly data: readonly unknown[];
}

type ForeignWriter = (options: {
  columnData: readonly ForeignColumn[];
  codec: 'ZSTD';
  compressors: { ZSTD: (input: Uint8Array) => Uint8Array };
  rowGroupSize: number;
}) => ArrayBuffer;

async function importHyparquetWriter(): Promise<ForeignWriter | null> {
  const name = process.env['HYPARQUET_WRITER'] ?? 'hyparquet-writer';
  try {
    return ((await import(name)) as { parquetWriteBuffer: ForeignWriter }).parquetWriteBuffer;
  } catch {
    console.log(`${name} cannot be imported: not measured`);
    return null;
  }
}

function writeForeign(write: ForeignWriter, columnData: readonly ForeignColumn[]): number {
  const params = { [constants.ZSTD_c_compressionLevel]: 1 };
  return write({
    columnData,
    codec: 'ZSTD',
    compressors: { ZSTD: (input) => zstdCompressSync(input, { params }) },
    rowGroupSize: LARGE_ROWS,
  }).byteLength;
}

function toList({ field, vector }: VectorColumn): ForeignColumn {
  return {
    name: field.name,
    type: FOREIGN_TYPES[String(field.type)] ?? 'BYTE_ARRAY',
    nullable: !field.required,
    data: Array.from({ length: vector.length }, (_, row) => valueAt(vector, row)),
  };
}

function valueAt(vector: Vector, row: number): unknown {
  if (vector.validity?.[row] === 0) return null;
  switch (vector.kind) {
    case 'boolean':
      return vector.values[row] === 1;
    case 'bytes':
      return Buffer.from(vector.data.buffer, vector.data.byteOffset).toString(
        'latin1',
        vector.starts[row],
        vector.ends[row],
      );
    case 'dictionary':
      return valueAt(vector.dictionary, vector.codes[row] ?? 0);
    case 'int32':
    case 'int64':
    case 'float64':
      return vector.values[row];
    default:
      throw new Error(`no ${vector.kind} in a trade tick`);
  }
}

interface AvroTicks {
  readonly schema: unknown;
  readonly fields: readonly Field[];
  readonly events: readonly Buffer[];
}

/** Ticks as the producer sends them. */
function encodeTicks(columns: readonly VectorColumn[]): AvroTicks {
  const kinds: Readonly<Record<string, FieldType>> = {
    string: { kind: 'string' },
    timestamp: { kind: 'timestamp_micros' },
    long: { kind: 'long' },
    double: { kind: 'double' },
    boolean: { kind: 'boolean' },
  };
  const fields = columns.map(({ field }): Field => {
    const type = kinds[String(field.type)] ?? { kind: 'string' };
    const { name, required } = field;
    return { name, type, optional: !required, aliases: [], examples: [], allowNan: false };
  });
  const schema = toAvroSchema({ domain: 'bench', name: 'tick', description: '', fields });
  const encode = createRowEncoder(schema, fields);
  const lists = columns.map(toList);
  const events = Array.from({ length: BATCH_ROWS }, (_, row) =>
    Buffer.from(
      encode(Object.fromEntries(lists.map(({ name, data }) => [name, data[row] as Value]))),
    ),
  );
  return { schema, fields, events };
}

/** From Avro to a file in our way: to columns, and these to Parquet. */
function decodeAndWrite(columns: readonly VectorColumn[], ticks: AvroTicks): () => number {
  const { schema, fields, events } = ticks;
  const decoder = createColumnDecoder({ writerSchema: schema, readerSchema: schema, fields });
  const target = createColumnTarget(fields);
  const writer = createParquetWriter();
  const data = Buffer.concat(events);
  const ends = new Int32Array(BATCH_ROWS);
  const starts = new Int32Array(BATCH_ROWS);
  events.forEach((event, row) => {
    starts[row] = ends[row - 1] ?? 0;
    ends[row] = (starts[row] ?? 0) + event.length;
  });
  return () => {
    const ok = new Uint8Array(BATCH_ROWS).fill(1);
    target.begin(BATCH_ROWS);
    decoder.decode(target, { data, starts, ends, ok }, 0, BATCH_ROWS);
    const vectors = target.finish(BATCH_ROWS);
    const filled = columns.map((column, index) => ({
      field: column.field,
      vector: vectors[index] ?? column.vector,
    }));
    return writer.write(filled, OPTIONS).bytes.length;
  };
}

/** The usual way: Avro to one object per event, objects to columns, columns to Parquet. */
function rowsAndWrite(
  write: ForeignWriter,
  columns: readonly VectorColumn[],
  { schema, events }: AvroTicks,
): () => number {
  const type = avsc.Type.forSchema(schema as avsc.Schema);
  const lists = columns.map(toList);
  return () => {
    const rows = events.map((event) => type.fromBuffer(event) as Record<string, unknown>);
    const columnData = lists.map((list) => ({
      ...list,
      data: rows.map(({ [list.name]: value }) =>
        list.type === 'INT64' && typeof value === 'number' ? BigInt(value) : value,
      ),
    }));
    return writeForeign(write, columnData);
  };
}

async function measureCopy(columns: readonly VectorColumn[]): Promise<Measured> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  try {
    const [source, target] = ['source', 'target'].map((name) =>
      path.join(directory, `${name}.parquet`),
    ) as [string, string];
    writeFileSync(source, createParquetWriter().write(columns, OPTIONS).bytes);
    await connection.run(`CREATE TABLE rows AS SELECT * FROM read_parquet('${source}')`);
    return await measure(BATCH_ROWS, FOREIGN_ROUNDS, async () => {
      await connection.run(
        `COPY rows TO '${target}' (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, ROW_GROUP_SIZE ${LARGE_ROWS})`,
      );
      return statSync(target).size;
    });
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

function print(name: string, result: Measured | null): void {
  if (result === null) return;
  const rate = (value: number) => `${(value / 1e6).toFixed(2)} M`.padStart(8);
  console.log(
    `${name.padEnd(42)} ${rate(result.rowsPerCpuSecond)} rows per CPU second ${rate(result.rowsPerSecond)} rows/s ${String(result.bytesPerRow).padStart(7)} bytes/row`,
  );
}
