import { deadLetterPrefix, decodeDeadLetters } from '#core/delivery/dead-letter.ts';
import type { ObjectStore } from '#ports/object-store.ts';

export interface DeadLetterCounts {
  readonly rejected: number;
  readonly undecodable: number;
}

/** Counts a stream's dead letters from the objects themselves, each position once. */
export async function countDeadLetters(
  store: ObjectStore,
  options: { readonly bucketUri: string; readonly domain: string; readonly stream: string },
): Promise<DeadLetterCounts> {
  const kinds = new Map<string, 'rejected' | 'undecodable'>();
  const prefix = `${options.bucketUri}/${deadLetterPrefix(options.domain, options.stream)}`;
  for await (const { uri } of store.list(prefix)) {
    const { source, sequence, events } = decodeDeadLetters(await store.get(uri));
    for (const event of events) kinds.set(`${source} ${sequence} ${event.subSequence}`, event.kind);
  }
  const counted = [...kinds.values()];
  const rejected = counted.filter((kind) => kind === 'rejected').length;
  return { rejected, undecodable: counted.length - rejected };
}
