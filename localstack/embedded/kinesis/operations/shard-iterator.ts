import { AwsError } from '#embedded/gateway/json-protocol.ts';
import type { ShardPosition } from '#embedded/kinesis/log/sequence-number.ts';
import { invalidArgument } from './request-members.ts';

/** Where a reader of a shard goes on. Carried by the client, so that it survives a restart. */
export interface IteratorState {
  readonly streamName: string;
  /** Tells the stream from a later one of the same name. */
  readonly folder: string;
  readonly shardIndex: number;
  readonly after: ShardPosition;
  readonly issuedMs: number;
}

const LIFETIME_MS = 300_000;

export function encodeIterator(state: IteratorState): string {
  const { streamName, folder, shardIndex, after, issuedMs } = state;
  const fields = [1, streamName, folder, shardIndex, after.arrivalMs, after.ordinal, issuedMs];
  return Buffer.from(JSON.stringify(fields)).toString('base64');
}

/** Reads an iterator back; InvalidArgumentException for anything else, ExpiredIteratorException after 5 minutes. */
export function decodeIterator(text: string, nowMs: number): IteratorState {
  const state = parse(text);
  if (state === null) throw invalidArgument('Invalid ShardIterator.');
  if (nowMs - state.issuedMs > LIFETIME_MS) {
    throw new AwsError(
      'ExpiredIteratorException',
      `Iterator expired. The iterator was created at time ${new Date(state.issuedMs).toUTCString()} ` +
        `while right now it is ${new Date(nowMs).toUTCString()} which is further in the future than ` +
        `the tolerated delay of ${LIFETIME_MS} milliseconds.`,
    );
  }
  return state;
}

/** The stream that an iterator reads, expired or not; null for what is no iterator. */
export function iteratorStreamName(text: string): string | null {
  return parse(text)?.streamName ?? null;
}

function parse(text: string): IteratorState | null {
  let fields: unknown;
  try {
    fields = JSON.parse(Buffer.from(text, 'base64').toString('utf8'));
  } catch {
    return null;
  }
  if (!Array.isArray(fields) || fields.length !== 7) return null;
  const [version, streamName, folder, ...numbers]: readonly unknown[] = fields;
  if (version !== 1 || typeof streamName !== 'string' || typeof folder !== 'string') return null;
  if (!numbers.every((value) => Number.isSafeInteger(value) && Number(value) >= -1)) return null;
  const [shardIndex = 0, arrivalMs = 0, ordinal = 0, issuedMs = 0] = numbers.map(Number);
  return { streamName, folder, shardIndex, after: { arrivalMs, ordinal }, issuedMs };
}
