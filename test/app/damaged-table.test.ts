import zlib from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { MemoryObjectStore } from '#adapters/memory/memory-object-store.ts';
import { MemoryTableCatalog } from '#adapters/memory/memory-table-catalog.ts';
import { createHyparquetTableReader } from '#adapters/parquet/hyparquet-table-reader.ts';
import { loadTable } from '#app/load-table.ts';
import { SluiceError } from '#core/errors.ts';
import { planScan } from '#core/iceberg/scan/plan-scan.ts';
import { encodeTableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import type { Row } from '#core/schema/field.ts';
import { makeSoundTable, type TableFiles } from '#test/core/iceberg/check/sound-table.ts';
import { seededRandom } from '#test/core/iceberg/fixed-world.ts';
import { LOCATION } from '#test/core/iceberg/trades-table.ts';

const IDENT = { database: 'market', table: 'everything' };
const METADATA = `${LOCATION}/metadata/00099-now.metadata.json`;
const COLUMNS = ['id', 'ts', 'kind'];
/** Damaged in so many places each. */
const PLACES = 90;

let sound: TableFiles;
let answer: string;

beforeAll(async () => {
  sound = await makeSoundTable();
  answer = textOf(await readAll(new Map()));
});

/** Everything a reader gets of the table, when these files are others. */
async function readAll(damaged: ReadonlyMap<string, Uint8Array>): Promise<readonly Row[]> {
  const store = new MemoryObjectStore();
  const files = new Map([
    ...sound.objects,
    [METADATA, encodeTableMetadata(sound.metadata)] as const,
    ...damaged,
  ]);
  for (const [uri, bytes] of files) await store.put(uri, bytes);
  const catalog = new MemoryTableCatalog();
  catalog.create(IDENT, METADATA);
  const { metadata } = await loadTable({ store, catalog }, IDENT);
  const { files: live } = await planScan({ read: (uri) => store.get(uri) }, metadata);
  const reader = createHyparquetTableReader(store);
  const rows: Row[] = [];
  for (const file of live) {
    const own = await reader.readRows(file.filePath, COLUMNS);
    rows.push(...own);
  }
  return rows;
}

function textOf(rows: readonly Row[]): string {
  return JSON.stringify(rows, (_key, value: unknown) =>
    typeof value === 'bigint' ? `${value}n` : value,
  );
}

/** `same`, `other`, or the error, which has to be one of ours and to name a file of the table. */
async function outcomeOf(uri: string, bytes: Uint8Array): Promise<string> {
  try {
    return textOf(await readAll(new Map([[uri, bytes]]))) === answer ? 'same' : 'other';
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    // A flipped bit may be in the name itself.
    expect(error.message).toMatch(/s3:|\/lake\/|\.parquet|\.avro|\.json/);
    expect(error.retryable).toBe(false);
    return error.code;
  }
}

type Kind = 'metadata' | 'list' | 'manifest' | 'data';

function fileOf(kind: Kind): readonly [string, Uint8Array] {
  if (kind === 'metadata') return [METADATA, encodeTableMetadata(sound.metadata)];
  const current = sound.metadata.snapshots.at(-1)?.['manifest-list'] ?? '';
  const uri = [...sound.objects.keys()].find((name) => {
    if (kind === 'list') return name === current;
    return kind === 'data' ? name.endsWith('.parquet') : isListed(name);
  });
  return [uri ?? '', sound.objects.get(uri ?? '') ?? new Uint8Array()];
}

/** A manifest of the current snapshot; merged ones count up. */
function isListed(name: string): boolean {
  return /-m1\.avro$/.test(name);
}

const KINDS: readonly Kind[] = ['metadata', 'list', 'manifest', 'data'];

describe('a table with a damaged file', () => {
  it.each(KINDS)('is never read when its %s ends early', async (kind) => {
    const [uri, bytes] = fileOf(kind);
    const step = Math.max(1, Math.floor(bytes.length / PLACES));
    const outcomes = new Set<string>();
    for (let length = 0; length < bytes.length; length += step) {
      outcomes.add(await outcomeOf(uri, bytes.subarray(0, length)));
    }
    expect([...outcomes].sort()).not.toContain('other');
    expect([...outcomes].sort()).not.toContain('same');
  });

  it.each(KINDS)(
    'is read, or refused by the name of the file, when bytes of its %s flip',
    async (kind) => {
      const [uri, bytes] = fileOf(kind);
      const random = seededRandom(11);
      const outcomes = new Map<string, number>();
      for (let place = 0; place < PLACES; place++) {
        const damaged = Uint8Array.from(bytes);
        const at = Math.floor(random.next() * bytes.length);
        damaged[at] = (damaged[at] ?? 0) ^ (1 << Math.floor(random.next() * 8));
        const outcome = await outcomeOf(uri, damaged);
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      }
      expect(outcomes.get('other') ?? 0).toBe(0);
    },
  );

  it.each(KINDS)('says that its %s is gone', async (kind) => {
    const [uri] = fileOf(kind);
    const garbage = await outcomeOf(uri, Buffer.from('gone'));
    expect(['TABLE_INVALID', 'FORMAT_CORRUPT']).toContain(garbage);
  });

  it('is read from a compressed metadata file', async () => {
    const [uri, bytes] = fileOf('metadata');
    expect(await outcomeOf(uri, zlib.gzipSync(bytes))).toBe('same');
    expect(await outcomeOf(uri, zlib.gzipSync(bytes).subarray(0, 300))).toBe('FORMAT_CORRUPT');
  });

  it('refuses a compressed metadata file that is nothing but large', async () => {
    const [uri] = fileOf('metadata');
    const mebibyte = zlib.gzipSync(Buffer.alloc(1024 * 1024, 0x20));
    const bomb = Buffer.concat(Array.from({ length: 257 }, () => mebibyte));
    expect(await outcomeOf(uri, bomb)).toBe('FORMAT_CORRUPT');
  });

  it.each([1, 3, 4])('of format version %i is refused', async (version) => {
    const [uri, bytes] = fileOf('metadata');
    const text = Buffer.from(bytes).toString('utf8');
    const other = text.replace('"format-version":2', `"format-version":${version}`);
    expect(await outcomeOf(uri, Buffer.from(other))).toBe('FEATURE_UNSUPPORTED');
  });

  it('is refused when the metadata is no UTF-8', async () => {
    const [uri, bytes] = fileOf('metadata');
    const damaged = Uint8Array.from(bytes);
    damaged[bytes.indexOf(Buffer.from('market')[0] ?? 0)] = 0xff;
    expect(await outcomeOf(uri, damaged)).toBe('FORMAT_CORRUPT');
  });
});
