import { createHash } from 'node:crypto';
import type { EventStream } from '#ports/event-stream.ts';
import type { ProducedEvent } from './producer-lane.ts';
import { type ReadCheckpoint, readUserRecords } from './read-user-records.ts';

/** How often each payload stands in the stream already. */
export type HeldPayloads = Map<string, number>;

/**
 * Reads what a stream holds after a checkpoint. A producer whose events are a function of seed, run
 * and index leaves out what is there (see withoutHeld) and so resumes exactly where it was killed,
 * whatever was acknowledged, in flight or lost.
 */
export async function readHeldPayloads(
  stream: EventStream,
  options: { readonly streamName: string; readonly from: ReadCheckpoint },
): Promise<HeldPayloads> {
  const held: HeldPayloads = new Map();
  await readUserRecords(stream, {
    ...options,
    onRecord: ({ data }) => {
      const digest = payloadDigest(data);
      held.set(digest, (held.get(digest) ?? 0) + 1);
    },
  });
  return held;
}

/** The events that are not held yet; each held copy takes one event out, so planted duplicates stay duplicates. */
export async function* withoutHeld(
  events: AsyncIterable<readonly ProducedEvent[]>,
  held: HeldPayloads,
  onHeld: (event: ProducedEvent) => void,
): AsyncGenerator<readonly ProducedEvent[]> {
  for await (const chunk of events) {
    if (held.size === 0) {
      yield chunk;
      continue;
    }
    yield chunk.filter((event) => {
      const digest = payloadDigest(event.data);
      const copies = held.get(digest) ?? 0;
      if (copies === 0) return true;
      if (copies === 1) held.delete(digest);
      else held.set(digest, copies - 1);
      onHeld(event);
      return false;
    });
  }
}

function payloadDigest(data: Uint8Array): string {
  return createHash('sha256').update(data).digest('base64');
}
