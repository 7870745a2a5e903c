/** Trade ticks as the decoder hands them on, for benchmarks: strings are places in one Avro-like buffer, or codes. */
import type {
  BytesVector,
  DictionaryVector,
  Float64Vector,
  Int32Vector,
  Int64Vector,
  Vector,
} from '#core/columns/vector.ts';
import type { PrimitiveType } from '#core/iceberg/spec/schema.ts';
import type { VectorColumn } from '#core/parquet/vector-column.ts';

const START_MICROS = 1_767_225_600_000_000;
/** Average distance of two ticks. */
const STEP_MICROS = 259;
/** Bytes of a tick in Avro, among which its id lies. */
const AVRO_BYTES = 84;
const ID_BYTES = 36;
const EVENTS_PER_RECORD = 300;
const SOURCES = ['binance', 'coinbase', 'kraken', 'nasdaq', 'nyse', 'cboe', 'iex', 'memx'];
const VENUES = ['XNAS', 'XNYS', 'ARCX', 'BATS', 'EDGX', 'IEXG'];
const CONDITIONS = ['@', '@ T', 'F', '@ I', 'O', 'X'];
const SYMBOLS = 500;

/** 10 fields: 4 low-cardinality strings (2 optional), timestamp, 2 doubles, uuid text, optional long and boolean. */
export function tickColumns(rows: number, seed = 1): VectorColumn[] {
  const random = seededRandom(seed);
  const symbols = symbolNames(random);
  const ticks = drawTicks(rows, symbols.length, random);
  return [
    column(1, 'source_system', 'string', dictionary(ticks.source, SOURCES)),
    column(2, 'symbol', 'string', dictionary(ticks.symbol, symbols)),
    column(3, 'ts', 'timestamp', int64(ticks.ts)),
    column(4, 'price', 'double', float64(ticks.price)),
    column(5, 'size', 'double', float64(ticks.size)),
    column(6, 'event_id', 'string', randomIds(rows, random)),
    column(7, 'venue', 'string', dictionary(ticks.venue, VENUES, ticks.hasVenue)),
    column(8, 'conditions', 'string', dictionary(ticks.condition, CONDITIONS, ticks.hasCondition)),
    column(9, 'seq_no', 'long', int64(ticks.sequence, ticks.hasSequence)),
    column(10, 'is_buy', 'boolean', {
      kind: 'boolean',
      length: rows,
      validity: ticks.hasSide,
      values: ticks.side,
    }),
  ];
}

/** The ticks with the 11 envelope columns of a bronze table, most of them constant. */
export function bronzeColumns(rows: number, seed = 1): VectorColumn[] {
  const ticks = tickColumns(rows, seed);
  const vectorOf = (name: string) =>
    ticks.find(({ field }) => field.name === name)?.vector ??
    dictionary(new Int32Array(rows), ['']);
  const records = Math.ceil(rows / EVENTS_PER_RECORD);
  const recordOf = Int32Array.from({ length: rows }, (_, row) =>
    Math.floor(row / EVENTS_PER_RECORD),
  );
  const sequences = Array.from(
    { length: records },
    (_, record) => `4966${String(record * 7919).padStart(52, '0')}`,
  );
  const arrivals = BigInt64Array.from(recordOf, (record) =>
    BigInt(START_MICROS + record * 1_000_000),
  );
  const none = new Uint8Array(rows);
  return [
    ...ticks,
    column(11, '_flags', 'string', dictionary(new Int32Array(rows), ['late'], none)),
    column(12, '_event_id', 'string', vectorOf('event_id')),
    column(13, '_ingested_at', 'timestamp', int64(arrivals)),
    column(14, '_source_system', 'string', vectorOf('source_system')),
    column(15, '_schema_version', 'int', int32(new Int32Array(rows).fill(1))),
    column(16, '_mapping_version', 'int', int32(new Int32Array(rows).fill(3))),
    column(17, '_source', 'string', dictionary(new Int32Array(rows), ['shardId-000000000042'])),
    column(18, '_sequence', 'string', dictionary(recordOf, sequences)),
    column(
      19,
      '_sub_sequence',
      'int',
      int32(Int32Array.from({ length: rows }, (_, row) => row % EVENTS_PER_RECORD)),
    ),
    column(20, '_late', 'boolean', {
      kind: 'boolean',
      length: rows,
      validity: null,
      values: new Uint8Array(rows),
    }),
    column(21, '_extra', 'string', dictionary(new Int32Array(rows), ['{}'], none)),
  ];
}

/** Values of the fields as they come at random; `ts` and `sequence` rise. */
function drawTicks(rows: number, symbolCount: number, random: () => number) {
  const prices = Array.from({ length: symbolCount }, () => 5 + random() * 500);
  const codes = () => new Int32Array(rows);
  const bytes = () => new Uint8Array(rows);
  const ticks = {
    source: codes(),
    symbol: codes(),
    venue: codes(),
    condition: codes(),
    hasVenue: bytes(),
    hasCondition: bytes(),
    hasSequence: bytes(),
    hasSide: bytes(),
    side: bytes(),
    ts: new BigInt64Array(rows),
    sequence: new BigInt64Array(rows),
    price: new Float64Array(rows),
    size: new Float64Array(rows),
  };
  let micros = START_MICROS;
  for (let row = 0; row < rows; row += 1) {
    const skew = random();
    const code = Math.floor(skew * skew * SYMBOLS);
    const moved = (prices[code] ?? 0) * (1 + (random() - 0.5) * 1e-4);
    prices[code] = moved;
    micros += Math.floor(random() * 2 * STEP_MICROS);
    ticks.symbol[row] = code;
    ticks.source[row] = Math.floor(random() * SOURCES.length);
    ticks.ts[row] = BigInt(micros);
    ticks.price[row] = Math.round(moved * 100) / 100;
    ticks.size[row] = Math.round(random() * 10_000) / 10 + 0.1;
    ticks.hasVenue[row] = random() < 0.8 ? 1 : 0;
    ticks.venue[row] = Math.floor(random() * VENUES.length);
    ticks.hasCondition[row] = random() < 0.3 ? 1 : 0;
    ticks.condition[row] = Math.floor(random() * CONDITIONS.length);
    ticks.hasSequence[row] = random() < 0.5 ? 1 : 0;
    ticks.sequence[row] = BigInt(row);
    ticks.hasSide[row] = random() < 0.9 ? 1 : 0;
    ticks.side[row] = random() < 0.5 ? 1 : 0;
  }
  return ticks;
}

function column(id: number, name: string, type: PrimitiveType, vector: Vector): VectorColumn {
  return { field: { id, name, required: vector.validity === null, type }, vector };
}

function int32(values: Int32Array): Int32Vector {
  return { kind: 'int32', length: values.length, validity: null, values };
}

function int64(values: BigInt64Array, validity: Uint8Array | null = null): Int64Vector {
  return { kind: 'int64', length: values.length, validity, values };
}

function float64(values: Float64Array): Float64Vector {
  return { kind: 'float64', length: values.length, validity: null, values };
}

function dictionary(
  codes: Int32Array,
  texts: readonly string[],
  validity: Uint8Array | null = null,
): DictionaryVector {
  const data = Buffer.from(texts.join(''));
  const ends = new Int32Array(texts.length);
  const starts = new Int32Array(texts.length);
  texts.forEach((text, index) => {
    starts[index] = ends[index - 1] ?? 0;
    ends[index] = (starts[index] ?? 0) + Buffer.byteLength(text);
  });
  const entries: BytesVector = {
    kind: 'bytes',
    length: texts.length,
    validity: null,
    data,
    starts,
    ends,
  };
  return { kind: 'dictionary', length: codes.length, validity, codes, dictionary: entries };
}

/** Ids as they lie in the events: apart from one another. */
function randomIds(rows: number, random: () => number): BytesVector {
  const data = Buffer.alloc(rows * AVRO_BYTES, 0x2e);
  const starts = new Int32Array(rows);
  const ends = new Int32Array(rows);
  for (let row = 0; row < rows; row += 1) {
    const hex = Array.from({ length: 4 }, () =>
      Math.floor(random() * 2 ** 32)
        .toString(16)
        .padStart(8, '0'),
    ).join('');
    const start = row * AVRO_BYTES + (row % 7);
    data.write(hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'), start, 'latin1');
    starts[row] = start;
    ends[row] = start + ID_BYTES;
  }
  return { kind: 'bytes', length: rows, validity: null, data, starts, ends };
}

function symbolNames(random: () => number): string[] {
  return Array.from({ length: SYMBOLS }, (_, index) => {
    const letters = Array.from({ length: 2 + Math.floor(random() * 4) }, () =>
      String.fromCharCode(65 + Math.floor(random() * 26)),
    );
    return `${letters.join('')}${index % 10}`;
  });
}

/** Uniform numbers in [0, 1) that are the same on every run (mulberry32). */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let hash = Math.imul(state ^ (state >>> 15), state | 1);
    hash ^= hash + Math.imul(hash ^ (hash >>> 7), hash | 61);
    return ((hash ^ (hash >>> 14)) >>> 0) / 2 ** 32;
  };
}
