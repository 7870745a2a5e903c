import zlib from 'node:zlib';
import avsc from 'avsc';
import { describe, expect, it } from 'vitest';
import { decodeObjectContainer, encodeObjectContainer } from '#core/avro/object-container.ts';
import { SluiceError } from '#core/errors.ts';

const SYNC = Uint8Array.from({ length: 16 }, (_, index) => index);
const SCHEMA = {
  type: 'record',
  name: 'row',
  fields: [
    { name: 'id', type: 'long', 'field-id': 1 },
    { name: 'name', type: ['null', 'string'], default: null, 'field-id': 2 },
    {
      name: 'sizes',
      type: {
        type: 'array',
        items: {
          type: 'record',
          name: 'k3_v4',
          fields: [
            { name: 'key', type: 'int', 'field-id': 3 },
            { name: 'value', type: 'bytes', 'field-id': 4 },
          ],
        },
        logicalType: 'map',
        'element-id': 5,
      },
      'field-id': 6,
    },
  ],
};
const ROWS = [
  { id: 9_007_199_254_740_993n, name: 'a', sizes: [{ key: 7, value: Buffer.from([1, 2]) }] },
  { id: -(2n ** 63n), name: null, sizes: [] },
];

function encode(codec: 'null' | 'deflate' = 'deflate'): Uint8Array {
  return encodeObjectContainer(SCHEMA, ROWS, {
    metadata: { content: 'data' },
    syncMarker: SYNC,
    codec,
  });
}

/** Reads with avsc's own container reader, independent of ours. */
function readWithAvsc(bytes: Uint8Array): Promise<unknown[]> {
  return new Promise((resolve, reject) => {
    const records: unknown[] = [];
    const decoder = new avsc.streams.BlockDecoder();
    decoder.on('data', (record: unknown) => records.push(record));
    decoder.on('end', () => resolve(records));
    decoder.on('error', reject);
    decoder.end(Buffer.from(bytes));
  });
}

describe('encodeObjectContainer', () => {
  it('keeps every attribute of the schema in the header', () => {
    expect(decodeObjectContainer(encode()).schema).toEqual(SCHEMA);
  });

  it('gives equal bytes for equal input', () => {
    expect(encode()).toEqual(encode());
  });

  it('is readable by another implementation', async () => {
    const small = encodeObjectContainer(
      SCHEMA,
      [{ id: 5n, name: 'x', sizes: [{ key: 1, value: Buffer.from([9]) }] }],
      { metadata: {}, syncMarker: SYNC },
    );
    const [record] = await readWithAvsc(small);
    expect(JSON.parse(JSON.stringify(record))).toEqual({
      id: 5,
      name: 'x',
      sizes: [{ key: 1, value: { type: 'Buffer', data: [9] } }],
    });
  });

  it('refuses a record that does not fit the schema', () => {
    const write = () =>
      encodeObjectContainer(SCHEMA, [{ id: 'x' }], { metadata: {}, syncMarker: SYNC });
    expect(write).toThrow(expect.objectContaining({ code: 'TABLE_INVALID' }));
  });

  it('refuses a long beyond 64 bits', () => {
    const write = () =>
      encodeObjectContainer('long', [2n ** 63n], { metadata: {}, syncMarker: SYNC });
    expect(write).toThrow(expect.objectContaining({ code: 'TABLE_INVALID' }));
  });
});

describe('decodeObjectContainer', () => {
  it.each(['null', 'deflate'] as const)('gives back what was written with codec %s', (codec) => {
    const container = decodeObjectContainer(encode(codec));
    expect(container.records).toEqual(
      ROWS.map((row) => ({
        ...row,
        sizes: row.sizes.map(({ key, value }) => ({ key, value: Uint8Array.from(value) })),
      })),
    );
    expect([...container.metadata]).toEqual([['content', 'data']]);
  });

  it('reads zstandard blocks', () => {
    const data = zlib.zstdCompressSync(Buffer.from([2, 4, 6]));
    const header = { 'avro.schema': Buffer.from('"int"'), 'avro.codec': Buffer.from('zstandard') };
    const map = avsc.Type.forSchema({ type: 'map', values: 'bytes' });
    const long = avsc.Type.forSchema('long');
    const file = Buffer.concat([
      Buffer.from('Obj\x01', 'latin1'),
      map.toBuffer(header),
      SYNC,
      long.toBuffer(3),
      long.toBuffer(data.length),
      data,
      SYNC,
    ]);
    expect(decodeObjectContainer(file).records).toEqual([1, 2, 3]);
  });

  it('reads files of many blocks', () => {
    const rows = Array.from({ length: 40_000 }, (_, index) => `row number ${index}`);
    const bytes = encodeObjectContainer('string', rows, { metadata: {}, syncMarker: SYNC });
    expect(decodeObjectContainer(bytes).records).toEqual(rows);
  });

  it('names a codec it does not know', () => {
    const bytes = Buffer.from(encode('null'));
    const at = bytes.indexOf('avro.codec') + 'avro.codec'.length;
    bytes.write('xull', at + 1);
    expect(() => decodeObjectContainer(bytes)).toThrow(
      expect.objectContaining({
        code: 'FEATURE_UNSUPPORTED',
        message: expect.stringContaining('xull'),
      }),
    );
  });

  it('reads every Avro type', () => {
    const schema = {
      type: 'record',
      name: 'all',
      namespace: 'a.b',
      fields: [
        { name: 'f', type: 'float' },
        { name: 'd', type: 'double' },
        { name: 'b', type: 'boolean' },
        { name: 'e', type: { type: 'enum', name: 'E', symbols: ['X', 'Y'] } },
        { name: 'x', type: { type: 'fixed', name: 'F', size: 2 } },
        { name: 'again', type: 'a.b.F' },
        { name: 'm', type: { type: 'map', values: 'int' } },
        { name: 'n', type: 'null' },
        { name: 'nested', type: { type: 'int', logicalType: 'date' } },
      ],
    };
    const row = {
      f: 1.5,
      d: Math.PI,
      b: true,
      e: 'Y',
      x: Buffer.from([1, 2]),
      again: Buffer.from([3, 4]),
      m: { one: 1, two: 2 },
      n: null,
      nested: -5,
    };
    const bytes = encodeObjectContainer(schema, [row], { metadata: {}, syncMarker: SYNC });
    expect(decodeObjectContainer(bytes).records).toEqual([
      {
        ...row,
        x: Uint8Array.of(1, 2),
        again: Uint8Array.of(3, 4),
        m: new Map([
          ['one', 1],
          ['two', 2],
        ]),
      },
    ]);
  });

  it('refuses a file cut off anywhere', () => {
    const bytes = encode('null');
    const blockStart = Buffer.from(bytes).indexOf(Buffer.from(SYNC)) + 16;
    for (let length = 0; length < bytes.length; length++) {
      // Without any block the file is whole: it has no records.
      if (length === blockStart) continue;
      expect(() => decodeObjectContainer(bytes.subarray(0, length))).toThrow(SluiceError);
    }
  });

  it('never hangs and never throws anything but its own errors on flipped bits', () => {
    const bytes = encode('null');
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = Uint8Array.from(bytes);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      try {
        decodeObjectContainer(flipped);
      } catch (error) {
        expect(error).toBeInstanceOf(SluiceError);
      }
    }
  });

  it('refuses an array that announces more items than there are bytes', () => {
    const data = Buffer.from([0x80, 0x80, 0x80, 0x80, 0x80, 0x01]);
    const file = containerOf('{"type":"array","items":"int"}', 1, data);
    expect(() => decodeObjectContainer(file)).toThrow(
      expect.objectContaining({
        code: 'FORMAT_CORRUPT',
        message: expect.stringContaining('items'),
      }),
    );
  });

  it('refuses records that nest without end', () => {
    const schema = '{"type":"record","name":"r","fields":[{"name":"next","type":["null","r"]}]}';
    const file = containerOf(schema, 1, Buffer.alloc(10_000, 2));
    expect(() => decodeObjectContainer(file)).toThrow(
      expect.objectContaining({ message: expect.stringContaining('nest too deep') }),
    );
  });

  it('refuses invalid UTF-8 in a string', () => {
    const file = containerOf('"string"', 1, Buffer.from([4, 0xc3, 0x28]));
    expect(() => decodeObjectContainer(file)).toThrow(
      expect.objectContaining({ code: 'FORMAT_CORRUPT' }),
    );
  });
});

function containerOf(schema: string, count: number, data: Buffer): Uint8Array {
  const map = avsc.Type.forSchema({ type: 'map', values: 'bytes' });
  const long = avsc.Type.forSchema('long');
  return Buffer.concat([
    Buffer.from('Obj\x01', 'latin1'),
    map.toBuffer({ 'avro.schema': Buffer.from(schema), 'avro.codec': Buffer.from('null') }),
    SYNC,
    long.toBuffer(count),
    long.toBuffer(data.length),
    data,
    SYNC,
  ]);
}
