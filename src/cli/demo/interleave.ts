/** A sequence of chunks and how many items they hold together. */
export interface Part<T> {
  readonly total: number;
  readonly chunks: AsyncGenerator<readonly T[]>;
}

/** Chunks of all parts, always of the one that is furthest behind its share: all end at about the same time. */
export async function* interleave<T>(parts: readonly Part<T>[]): AsyncGenerator<readonly T[]> {
  const open = parts.map((part) => ({ ...part, given: 0 }));
  while (open.length > 0) {
    const behind = open.reduce((a, b) => (share(b) < share(a) ? b : a));
    const { done, value } = await behind.chunks.next();
    if (done === true) {
      open.splice(open.indexOf(behind), 1);
      continue;
    }
    behind.given += value.length;
    yield value;
  }
}

function share({ given, total }: { readonly given: number; readonly total: number }): number {
  return total === 0 ? 0 : given / total;
}
