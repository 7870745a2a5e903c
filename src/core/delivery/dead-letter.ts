import { createHash } from 'node:crypto';
import { z } from 'zod';
import { SluiceError } from '../errors.ts';
import type { UndecodableEvent } from './judged-event.ts';
import { comparePositions, positionKey } from './position.ts';

/** An undecodable event with everything that is needed to look at it and to send it again. */
export type DeadLetter = Pick<
  UndecodableEvent,
  'position' | 'kind' | 'reason' | 'arrivalMicros' | 'partitionKey' | 'payload'
>;

const document = z.strictObject({
  source: z.string(),
  sequence: z.string(),
  events: z.array(
    z.strictObject({
      subSequence: z.int().min(0),
      kind: z.enum(['rejected', 'undecodable']),
      reason: z.string(),
      arrival: z.string(),
      partitionKey: z.string(),
      payload: z.base64(),
    }),
  ),
});
export type DeadLetterDocument = z.infer<typeof document>;

/** Stream name under which events are filed whose header names no known schema. */
export const UNKNOWN_STREAM = '_unknown';

/** One object of dead letters. */
export interface DeadLetterObject {
  readonly key: string;
  readonly body: Uint8Array;
  /** Keys of the positions (positionKey) it holds. */
  readonly positions: readonly string[];
}

/** Key prefix of a stream's dead letters inside the dead-letter bucket. */
export function deadLetterPrefix(domain: string, stream: string): string {
  return `${domain}/${stream}/`;
}

/**
 * One object per stream record: a record never changes, so a redelivery, however its batch is cut,
 * writes the same bytes under the same key. The key ends with a content hash: should newer code judge
 * a record differently, both versions are kept and readers count positions, not objects.
 */
export function encodeDeadLetters(
  letters: readonly DeadLetter[],
  options: { readonly domain: string; readonly stream: string; readonly source: string },
): readonly DeadLetterObject[] {
  const bySequence = Map.groupBy(letters, (letter) => letter.position.sequence);
  return [...bySequence].map(([sequence, group]) => {
    const sorted = group.toSorted((a, b) => comparePositions(a.position, b.position));
    const content: DeadLetterDocument = {
      source: options.source,
      sequence,
      events: sorted.map((letter) => ({
        subSequence: letter.position.subSequence,
        kind: letter.kind,
        reason: letter.reason,
        arrival: new Date(Number(letter.arrivalMicros / 1000n)).toISOString(),
        partitionKey: letter.partitionKey,
        payload: Buffer.from(letter.payload).toString('base64'),
      })),
    };
    const body = Buffer.from(`${JSON.stringify(content, null, 1)}\n`);
    const hash = createHash('sha256').update(body).digest('hex').slice(0, 12);
    const path = options.source.replace(':', '/');
    return {
      key: `${deadLetterPrefix(options.domain, options.stream)}${path}/${sequence}-${hash}.json`,
      body,
      positions: sorted.map((letter) => positionKey(letter.position)),
    };
  });
}

/** Inverse of one encoded object. Throws FORMAT_CORRUPT. */
export function decodeDeadLetters(body: Uint8Array): DeadLetterDocument {
  try {
    return document.parse(JSON.parse(Buffer.from(body).toString('utf8')));
  } catch (cause) {
    throw new SluiceError(
      'FORMAT_CORRUPT',
      `dead-letter object: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }
}
