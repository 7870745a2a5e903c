import { expect } from 'vitest';
import { readSourceStates } from '#core/delivery/source-state.ts';
import type { FileWorld } from './ingest-file/file-world.ts';
import { REJECTED, TABLE } from './ingest-world.ts';

/** Row numbers of a file by where they are, and its error file. */
export interface Books {
  readonly committed: readonly number[];
  readonly rejected: readonly number[];
  readonly errors: string;
}

/** Reads where the rows of the one finished file are; none twice, and no state left in the tables. */
export async function readBooks(world: FileWorld): Promise<Books> {
  const numbers = async (table: typeof TABLE) =>
    (await world.lake.rows(table)).map((row) => Number(row['_sequence'])).sort((a, b) => a - b);
  const committed = await numbers(TABLE);
  const rejected = await numbers(REJECTED);
  const all = [...committed, ...rejected];
  expect(new Set(all).size).toBe(all.length);
  for (const table of [TABLE, REJECTED]) {
    expect([...readSourceStates(await world.lake.metadata(table)).keys()]).toEqual([]);
  }
  const [run] = await world.runsOf();
  return { committed, rejected, errors: await world.text(run?.report?.errorFile ?? null) };
}
