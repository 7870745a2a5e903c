import { beforeAll, describe, expect, it } from 'vitest';
import { MemoryObjectStore } from '#adapters/memory/memory-object-store.ts';
import { createHyparquetColumnReader } from '#adapters/parquet/hyparquet-column-reader.ts';
import { createHyparquetTableReader } from '#adapters/parquet/hyparquet-table-reader.ts';
import { SluiceError } from '#core/errors.ts';
import { currentSchema } from '#core/iceberg/spec/table-metadata.ts';
import { makeSoundTable } from '#test/core/iceberg/check/sound-table.ts';
import { seededRandom } from '#test/core/iceberg/fixed-world.ts';

type Sound = Awaited<ReturnType<typeof makeSoundTable>>;
type Read = (uri: string, bytes: Uint8Array) => Promise<unknown>;

let sound: Sound;
let file: readonly [string, Uint8Array];

beforeAll(async () => {
  sound = await makeSoundTable();
  file = [...sound.objects].find(([name]) => name.endsWith('.parquet')) ?? ['', new Uint8Array()];
});

const READERS: readonly (readonly [string, Read])[] = [
  [
    'rows',
    async (uri, bytes) => {
      const { fields } = currentSchema(sound.metadata);
      const names = fields.filter(({ type }) => typeof type === 'string').map(({ name }) => name);
      return await createHyparquetTableReader(await storeOf(uri, bytes)).readRows(uri, names);
    },
  ],
  ['columns', (uri, bytes) => readColumns(uri, bytes, 16 * 1024 * 1024)],
  ['columns from the middle of an object', (uri, bytes) => readColumns(uri, bytes, 0)],
];

async function readColumns(uri: string, bytes: Uint8Array, wholeFileBytes: number) {
  const reader = createHyparquetColumnReader(await storeOf(uri, bytes), { wholeFileBytes });
  const { fields } = currentSchema(sound.metadata);
  const blocks: unknown[] = [];
  for await (const block of reader.readBlocks({ uri, sizeBytes: bytes.length }, fields)) {
    blocks.push(block);
  }
  return blocks;
}

async function storeOf(uri: string, bytes: Uint8Array): Promise<MemoryObjectStore> {
  const store = new MemoryObjectStore();
  await store.put(uri, bytes);
  return store;
}

function textOf(answer: unknown): string {
  return JSON.stringify(answer, (_key, value: unknown) =>
    typeof value === 'bigint' ? `${value}n` : value,
  );
}

/** Where the footer begins. Source: parquet-format README.md §File format. */
function footerOffset(bytes: Uint8Array): number {
  const tail = Buffer.from(bytes.subarray(-8));
  return bytes.length - 8 - tail.readUInt32LE(0);
}

function withFlip(bytes: Uint8Array, at: number, bit: number): Uint8Array {
  const damaged = Uint8Array.from(bytes);
  damaged[at] = (damaged[at] ?? 0) ^ (1 << bit);
  return damaged;
}

describe.each(READERS)('a reader of %s', (_name, read) => {
  it('gives no other values whatever bit of a page is flipped', async () => {
    const [uri, bytes] = file;
    const random = seededRandom(5);
    const answer = textOf(await read(uri, bytes));
    const others: number[] = [];
    let refused = 0;
    for (let at = 4; at < footerOffset(bytes); at++) {
      const damaged = withFlip(bytes, at, Math.floor(random.next() * 8));
      try {
        if (textOf(await read(uri, damaged)) !== answer) others.push(at);
      } catch (error) {
        if (!(error instanceof SluiceError) || error.code !== 'FORMAT_CORRUPT') throw error;
        expect(error.message).toContain(uri);
        refused++;
      }
    }
    expect(others).toEqual([]);
    expect(refused).toBeGreaterThan(100);
  });

  it('says which checksum it expected of which column', async () => {
    const [uri, bytes] = file;
    const problems: string[] = [];
    // Long enough for the header and some of the body of the first page.
    for (let at = 4; at < 64; at++) {
      const damaged = withFlip(bytes, at, 0);
      problems.push(await read(uri, damaged).then(String, (error: Error) => error.message));
    }
    expect(problems.join('\n')).toMatch(/column ".+": expected a page of CRC-32 [0-9a-f]{8}, got/);
  });
});
