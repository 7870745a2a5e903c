import { beforeAll, expect, it } from 'vitest';
import { makeSoundTable, problemsOf, type TableFiles } from '../sound-table.ts';

/** What is wrong, how it gets into a sound table, and what the validator says. */
export type Mutation = readonly [
  name: string,
  mutate: (table: TableFiles) => TableFiles,
  says: string,
];

/** Damages a sound table in one place at a time. Data files are read where the damage is in them. */
export function finds(
  mutations: readonly Mutation[],
  options: { readonly readData?: boolean } = {},
): void {
  let sound: TableFiles;
  beforeAll(async () => {
    sound = await makeSoundTable();
  });

  it('nothing wrong with the table before it is damaged', async () => {
    expect(await problemsOf(sound, options)).toBe('');
  });

  it.each(mutations)('%s', async (_name, mutate, says) => {
    expect(await problemsOf(mutate(sound), options)).toContain(says);
  });
}
