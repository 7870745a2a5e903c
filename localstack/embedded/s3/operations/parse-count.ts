import { invalidArgument } from '#embedded/s3/protocol/s3-error.ts';

/** A page size in the query: absent or above the limit means the limit. Throws InvalidArgument. */
export function parseCount(
  query: ReadonlyMap<string, string>,
  name: string,
  options: { readonly max: number },
): number {
  const text = query.get(name);
  if (text === undefined || text === '') return options.max;
  if (!/^\d{1,10}$/.test(text)) throw invalidArgument(name, text);
  return Math.min(Number(text), options.max);
}
