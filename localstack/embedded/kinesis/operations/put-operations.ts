import { hash } from 'node:crypto';
import { AwsError, type JsonOperation } from '#embedded/gateway/json-protocol.ts';
import {
  formatSequenceNumber,
  parseSequenceNumber,
} from '#embedded/kinesis/log/sequence-number.ts';
import {
  MAX_HASH_KEY,
  type Shard,
  shardForHashKey,
  shardIdOf,
} from '#embedded/kinesis/shard-map.ts';
import { DEFAULT_RECORD_KIB, type Stream } from '#embedded/kinesis/stream-store.ts';
import type { KinesisContext } from './kinesis-context.ts';
import {
  constraintViolation,
  invalidArgument,
  optionalHashKey,
  optionalString,
  type RequestInput,
  requireBlob,
  requireStreamName,
  requireString,
} from './request-members.ts';
import { throughputExceeded } from './shard-throttle.ts';

const MAX_RECORDS = 500;
/** Of all records with their keys; it was 5 MiB until records could be 10 MiB. */
const MAX_REQUEST_BYTES = 10 * 1024 * 1024;
const KIB = 1024;
const MAX_KEY_CHARS = 256;

interface PutEntry {
  readonly partitionKey: string;
  readonly hashKey: bigint;
  readonly data: Buffer;
  readonly sizeBytes: number;
}

type PutResult =
  | { readonly ShardId: string; readonly SequenceNumber: string }
  | { readonly ErrorCode: string; readonly ErrorMessage: string };

/** PutRecord and PutRecords. Source: Kinesis API reference. */
export function putOperations(context: KinesisContext): Record<string, JsonOperation> {
  return {
    PutRecord: (input) => putRecord(context, input),
    PutRecords: (input) => putRecords(context, input),
  };
}

function putRecord(context: KinesisContext, input: RequestInput): unknown {
  const stream = context.store.require(requireStreamName(input));
  checkOrdering(stream, optionalString(input, 'SequenceNumberForOrdering'));
  const [result] = append(context, stream, [readEntry(input, stream)]);
  if (result === undefined || 'ErrorCode' in result) {
    const isThrottled = result?.ErrorCode === 'ProvisionedThroughputExceededException';
    throw new AwsError(
      result?.ErrorCode ?? 'InternalFailure',
      result?.ErrorMessage ?? 'the record was not stored',
      isThrottled ? 400 : 500,
    );
  }
  return { ...result, EncryptionType: 'NONE' };
}

function putRecords(context: KinesisContext, input: RequestInput): unknown {
  const stream = context.store.require(requireStreamName(input));
  const members = readMembers(input['Records']);
  const entries = members.map((member) => readEntry(member, stream));
  const sizeBytes = entries.reduce((sum, entry) => sum + entry.sizeBytes, 0);
  if (sizeBytes > MAX_REQUEST_BYTES) throw invalidArgument('Records size exceeds 10 MB limit');
  const results = append(context, stream, entries);
  const failed = results.filter((result) => 'ErrorCode' in result);
  return { FailedRecordCount: failed.length, Records: results, EncryptionType: 'NONE' };
}

function readMembers(records: unknown): readonly RequestInput[] {
  if (records === undefined || records === null) {
    throw constraintViolation('Records', null, 'Member must not be null');
  }
  if (!Array.isArray(records))
    throw new AwsError('SerializationException', 'Expected list or null');
  if (records.length < 1) {
    const constraint = 'Member must have length greater than or equal to 1';
    throw constraintViolation('Records', records, constraint);
  }
  if (records.length > MAX_RECORDS) {
    const constraint = `Member must have length less than or equal to ${MAX_RECORDS}`;
    throw constraintViolation('Records', `${records.length} records`, constraint);
  }
  return records.map((record: unknown) => {
    if (record === null || typeof record !== 'object' || Array.isArray(record)) {
      throw new AwsError('SerializationException', 'Expected a structure in Records');
    }
    return record as RequestInput;
  });
}

function readEntry(input: RequestInput, stream: Stream): PutEntry {
  const partitionKey = requireString(input, 'PartitionKey');
  checkPartitionKey(partitionKey);
  const data = requireBlob(input, 'Data');
  const sizeBytes = data.length + Buffer.byteLength(partitionKey);
  const maxBytes = (stream.maxRecordKib ?? DEFAULT_RECORD_KIB) * KIB;
  if (sizeBytes > maxBytes) {
    throw constraintViolation(
      'Data',
      `${data.length} bytes of data, ${sizeBytes} with the partition key`,
      `Member must have length less than or equal to ${maxBytes}`,
    );
  }
  return { partitionKey, hashKey: readHashKey(input, partitionKey), data, sizeBytes };
}

function checkPartitionKey(key: string): void {
  if (key.length === 0) {
    const constraint = 'Member must have length greater than or equal to 1';
    throw constraintViolation('PartitionKey', key, constraint);
  }
  // A key has at most as many code points as UTF-16 units: only a long one needs counting.
  if (key.length > MAX_KEY_CHARS && [...key].length > MAX_KEY_CHARS) {
    const constraint = `Member must have length less than or equal to ${MAX_KEY_CHARS}`;
    throw constraintViolation('PartitionKey', key, constraint);
  }
}

function readHashKey(input: RequestInput, partitionKey: string): bigint {
  const explicit = optionalHashKey(input, 'ExplicitHashKey');
  if (explicit === undefined) return BigInt(`0x${hash('md5', partitionKey, 'hex')}`);
  if (explicit > MAX_HASH_KEY) {
    throw invalidArgument(
      'Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. ' +
        `Specified value was ${explicit}`,
    );
  }
  return explicit;
}

/** Numbers of a shard always rise, so that the member needs no more than to be one of this stream. */
function checkOrdering(stream: Stream, sequenceNumber: string | undefined): void {
  if (sequenceNumber === undefined) return;
  const parsed = parseSequenceNumber(sequenceNumber);
  if (parsed === null || !stream.shards.some((shard) => shard.index === parsed.shardIndex)) {
    throw invalidArgument(
      `ExclusiveMinimumSequenceNumber ${sequenceNumber} used in PutRecord on stream ${stream.name} is invalid.`,
    );
  }
}

/** Appends shard by shard; a shard that cannot store its records fails those and no others. */
function append(
  context: KinesisContext,
  stream: Stream,
  entries: readonly PutEntry[],
): readonly PutResult[] {
  const nowMs = context.nowMs();
  const results: PutResult[] = new Array(entries.length);
  const admitted = new Map<Shard, number[]>();
  for (const [i, entry] of entries.entries()) {
    const shard = shardForHashKey(stream.shards, entry.hashKey);
    const shardKey = `${stream.folder}/${shard.index}`;
    if (context.throttle?.admitRecord(shardKey, entry.sizeBytes, nowMs) === false) {
      results[i] = failure(throughputExceeded(stream.name, shardIdOf(shard.index)));
    } else {
      const places = admitted.get(shard);
      if (places === undefined) admitted.set(shard, [i]);
      else places.push(i);
    }
  }
  const appended: string[] = [];
  for (const [shard, places] of admitted) {
    const shardId = shardIdOf(shard.index);
    try {
      const records = places.flatMap((place) => entries[place] ?? []);
      const positions = context.store.log(stream, shard).append(records, nowMs);
      for (const [i, position] of positions.entries()) {
        const SequenceNumber = formatSequenceNumber(shard.index, position);
        results[places[i] ?? 0] = { ShardId: shardId, SequenceNumber };
      }
      appended.push(shardId);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      for (const place of places) {
        results[place] = { ErrorCode: 'InternalFailure', ErrorMessage: message };
      }
    }
  }
  context.notify(stream.name, appended);
  return results;
}

function failure(error: AwsError): PutResult {
  return { ErrorCode: error.code, ErrorMessage: error.message };
}
