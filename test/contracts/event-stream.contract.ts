import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type {
  EventStream,
  PutOutcome,
  ShardInfo,
  StreamRecordIn,
  StreamRecordOut,
} from '#ports/event-stream.ts';

/** A new stream of two open shards, and what the port has no word for: resharding, faults, the passing of time. */
export interface EventStreamUnderTest {
  readonly stream: EventStream;
  readonly name: string;
  /** Closes a shard and opens two children with half its hash range each. */
  readonly split: (shardId: string) => Promise<void>;
  /** Closes two neighbours and opens one child with both ranges. */
  readonly merge: (shardId: string, neighbour: string) => Promise<void>;
  /** Lets every record written so far pass its retention. */
  readonly expire?: () => Promise<void>;
  readonly close?: () => Promise<void>;
}

const LAST_HASH_KEY = (1n << 128n) - 1n;
const MIB = 1024 * 1024;

/** What every EventStream keeps to; each adapter runs it. Source: Kinesis API reference. */
export function describeEventStream(
  name: string,
  /** A throttled stream takes at most one MiB at once and shard. */
  setup: (options: { readonly throttled: boolean }) => Promise<EventStreamUnderTest>,
  /** What the stream under test can be made to do. */
  can: {
    readonly throttle: boolean;
    readonly expire: boolean;
    /** Ranges of hash keys that are split and merged, and the limits that come with them. @default true */
    readonly hashRanges?: boolean;
  },
): void {
  const hasRanges = can.hashRanges ?? true;
  describe(`event stream contract: ${name}`, () => {
    let tested: EventStreamUnderTest;
    let shards: readonly ShardInfo[];
    beforeEach(async () => {
      tested = await setup({ throttled: false });
      shards = await tested.stream.listShards(tested.name);
    });
    afterEach(() => tested.close?.());

    const put = (...records: readonly StreamRecordIn[]) =>
      tested.stream.putRecords(tested.name, records);
    const read = async (shardId: string, after: string | null = null) => {
      const records: StreamRecordOut[] = [];
      for await (const page of tested.stream.readShard(tested.name, shardId, after)) {
        records.push(...page);
      }
      return records;
    };
    const texts = async (shardId: string, after: string | null = null) =>
      (await read(shardId, after)).map(({ data }) => Buffer.from(data).toString());
    const shard = (index: number): ShardInfo => {
      const found = shards[index];
      if (found === undefined) throw new Error(`the stream has no shard ${index}`);
      return found;
    };
    /** A record for one shard, whatever its partition key. */
    const to = ({ startingHashKey }: ShardInfo, text: string): StreamRecordIn => ({
      partitionKey: 'k',
      explicitHashKey: startingHashKey,
      data: Buffer.from(text),
    });
    const relist = async () => await tested.stream.listShards(tested.name);
    const openOnes = async () => (await relist()).filter(({ open }) => open);
    const unavailable = { code: 'SOURCE_UNAVAILABLE', retryable: true };

    describe('shards', () => {
      it('are open, without parents, and each has hash keys of its own', async () => {
        expect(shards).toHaveLength(2);
        expect(shards.every(({ open }) => open)).toBe(true);
        expect(shards.flatMap(({ parentShardIds }) => parentShardIds)).toEqual([]);
        const keys = shards.map(({ startingHashKey }) => startingHashKey);
        expect(new Set(keys).size).toBe(2);
        if (hasRanges) expectCover(shards, { start: 0n, end: LAST_HASH_KEY });
      });

      it('have each the name of a source that no other has', async () => {
        const sources = shards.map(({ source }) => source);
        expect(new Set(sources).size).toBe(2);
        for (const source of sources) expect(source).toContain(`:${tested.name}/`);
      });

      it('are missing with their stream', async () => {
        const missing = `${tested.name}-missing`;
        await expect(tested.stream.listShards(missing)).rejects.toMatchObject(unavailable);
        const record = to(shard(0), 'x');
        await expect(tested.stream.putRecords(missing, [record])).rejects.toMatchObject(
          unavailable,
        );
        await expect(
          tested.stream.readShard(missing, shard(0).shardId, null)[Symbol.asyncIterator]().next(),
        ).rejects.toMatchObject(unavailable);
      });

      it('that do not exist cannot be read', async () => {
        await expect(read('shardId-000000000099')).rejects.toMatchObject(unavailable);
      });
    });

    describe('puts and reads', () => {
      it('give back key, bytes, sequence number and time of arrival', async () => {
        const everyByte = Uint8Array.from({ length: 512 }, (_, index) => index % 256);
        const before = Date.now();
        const [outcome] = await put({ partitionKey: 'Zürich 😀', data: everyByte });
        const { shardId, sequenceNumber } = accepted(outcome);
        const [record, ...more] = await read(shardId);
        expect(more).toEqual([]);
        expect(record).toMatchObject({ partitionKey: 'Zürich 😀', sequenceNumber });
        expect(Buffer.compare(record?.data ?? Buffer.of(), everyByte)).toBe(0);
        expect(Math.abs((record?.arrivalMs ?? 0) - before)).toBeLessThan(60_000);
        expect(Number.isInteger(record?.arrivalMs)).toBe(true);
      });

      it('take an aggregated record as one record, byte by byte', async () => {
        const magic = Buffer.from('f3899ac2', 'hex');
        const aggregated = Buffer.concat([magic, Buffer.from([0x0a, 1, 0x61]), Buffer.alloc(16)]);
        const [outcome] = await put({ partitionKey: 'a', data: aggregated });
        const records = await read(accepted(outcome).shardId);
        expect(records.map(({ data }) => Buffer.from(data).toString('hex'))).toEqual([
          aggregated.toString('hex'),
        ]);
      });

      it('choose the shard as the layout says', async () => {
        const keys = Array.from({ length: 50 }, (_, index) => `key-ä-${index}`);
        const outcomes = await put(
          ...keys.map((partitionKey) => ({ partitionKey, data: Buffer.from('x') })),
        );
        const { shardOf } = tested.stream.layoutOf(tested.name);
        expect(outcomes.map((outcome) => accepted(outcome).shardId)).toEqual(
          keys.map((key) => shardOf(shards, key)?.shardId),
        );
      });

      it.runIf(hasRanges)('choose the shard by the MD5 of the partition key', async () => {
        const keys = Array.from({ length: 20 }, (_, index) => `key-ä-${index}`);
        const outcomes = await put(
          ...keys.map((partitionKey) => ({ partitionKey, data: Buffer.from('x') })),
        );
        const expected = keys.map((key) => {
          const hash = BigInt(`0x${createHash('md5').update(key).digest('hex')}`);
          return shards.find((each) => contains(each, hash))?.shardId;
        });
        expect(outcomes.map((outcome) => accepted(outcome).shardId)).toEqual(expected);
        expect(new Set(expected).size).toBe(2);
      });

      it('choose the shard by the explicit hash key where there is one', async () => {
        const edges = shards.flatMap(({ startingHashKey, endingHashKey }) => [
          startingHashKey,
          endingHashKey,
        ]);
        const outcomes = await put(
          ...edges.map((explicitHashKey) => ({
            partitionKey: 'same',
            explicitHashKey,
            data: Buffer.from('x'),
          })),
        );
        expect(outcomes.map((outcome) => accepted(outcome).shardId)).toEqual(
          shards.flatMap(({ shardId }) => [shardId, shardId]),
        );
      });

      it('answer in the order of the request and keep it within a shard', async () => {
        const request = Array.from({ length: 100 }, (_, index) => to(shard(index % 2), `${index}`));
        const outcomes = (await put(...request)).map(accepted);
        expect(outcomes.map(({ shardId }) => shardId)).toEqual(
          request.map((_, index) => shard(index % 2).shardId),
        );
        const second = (await put(to(shard(1), '100'), to(shard(1), '101'))).map(accepted);
        const records = await read(shard(1).shardId);
        expect(records.map(({ data }) => Buffer.from(data).toString())).toEqual([
          ...request.flatMap((_, index) => (index % 2 === 1 ? [`${index}`] : [])),
          '100',
          '101',
        ]);
        expect(records.map(({ sequenceNumber }) => sequenceNumber)).toEqual(
          [...outcomes.filter(({ shardId }) => shardId === shard(1).shardId), ...second].map(
            ({ sequenceNumber }) => sequenceNumber,
          ),
        );
        expectAscending(records);
      });

      it('lose and repeat nothing of writers that write at once', async () => {
        const writers = [0, 1, 2, 3];
        const rounds = [0, 1, 2, 3, 4];
        const each = 20;
        await Promise.all(
          writers.map(async (writer) => {
            for (const round of rounds) {
              const records = Array.from({ length: each }, (_, index) =>
                to(shard(index % 2), `${writer}/${round * each + index}`),
              );
              for (const outcome of await put(...records)) accepted(outcome);
            }
          }),
        );
        const stored = await Promise.all(shards.map(({ shardId }) => read(shardId)));
        for (const records of stored) expectAscending(records);
        for (const writer of writers) {
          for (const [parity, records] of stored.entries()) {
            const numbers = records
              .map(({ data }) => Buffer.from(data).toString().split('/').map(Number))
              .flatMap(([of, number]) => (of === writer ? [number] : []));
            expect(numbers).toEqual(
              Array.from({ length: (each * rounds.length) / 2 }, (_, index) => index * 2 + parity),
            );
          }
        }
      });

      it('read nothing from an empty shard', async () => {
        expect(await read(shard(0).shardId)).toEqual([]);
      });

      it('read what lies after a position, and nothing after the last one', async () => {
        const first = (await put(to(shard(0), 'a'), to(shard(0), 'b'))).map(accepted);
        const [third] = (await put(to(shard(0), 'c'))).map(accepted);
        const { shardId } = shard(0);
        expect(await texts(shardId)).toEqual(['a', 'b', 'c']);
        expect(await texts(shardId, first[0]?.sequenceNumber)).toEqual(['b', 'c']);
        expect(await texts(shardId, first[1]?.sequenceNumber)).toEqual(['c']);
        expect(await texts(shardId, third?.sequenceNumber)).toEqual([]);
        await put(to(shard(0), 'd'));
        expect(await texts(shardId, third?.sequenceNumber)).toEqual(['d']);
      });

      it('read more than one answer holds, to the present end', async () => {
        const body = 'x'.repeat(900_000);
        for (let round = 0; round < 3; round++) {
          const records = Array.from({ length: 5 }, (_, index) =>
            to(shard(0), `${round * 5 + index}:${body}`),
          );
          for (const outcome of await put(...records)) accepted(outcome);
        }
        const records = await read(shard(0).shardId);
        expect(
          records.map(({ data }) => Number(Buffer.from(data).toString().split(':')[0])),
        ).toEqual(Array.from({ length: 15 }, (_, index) => index));
        expect(records.every(({ data }) => data.length > body.length)).toBe(true);
      });
    });

    describe('limits', () => {
      it('take 500 records in one request', async () => {
        const records = Array.from({ length: 500 }, (_, index) => to(shard(0), `${index}`));
        for (const outcome of await put(...records)) accepted(outcome);
        expect(await texts(shard(0).shardId)).toHaveLength(500);
      });

      it('take one MiB of key and data in one record', async () => {
        const data = Buffer.alloc(MIB - 1, 7);
        const [outcome] = await put({ partitionKey: 'k', data });
        const [record] = await read(accepted(outcome).shardId);
        expect(Buffer.compare(record?.data ?? Buffer.of(), data)).toBe(0);
      });

      const refusing = hasRanges ? it : it.runIf(false);
      refusing.each<[string, () => readonly StreamRecordIn[]]>([
        ['501 records', () => Array.from({ length: 501 }, () => to(shard(0), 'x'))],
        ['no record', () => []],
        [
          'a record of more than one MiB',
          () => [to(shard(0), 'small'), { partitionKey: 'k', data: Buffer.alloc(MIB) }],
        ],
        [
          'more than ten MiB',
          () => Array.from({ length: 11 }, () => to(shard(0), 'x'.repeat(MIB - 10))),
        ],
        ['an empty partition key', () => [{ partitionKey: '', data: Buffer.of(1) }]],
        [
          'a partition key of more than 256 characters',
          () => [{ partitionKey: 'k'.repeat(257), data: Buffer.of(1) }],
        ],
        [
          'a hash key beyond 128 bits',
          () => [{ partitionKey: 'k', explicitHashKey: LAST_HASH_KEY + 1n, data: Buffer.of(1) }],
        ],
      ])('refuse a request with %s whole', async (_name, records) => {
        await expect(put(...records())).rejects.toMatchObject(unavailable);
        for (const { shardId } of shards) expect(await read(shardId)).toEqual([]);
      });

      if (can.throttle) {
        it('fail records of a throttled shard one by one, and take the others', async () => {
          const { stream, name: throttled, close } = await setup({ throttled: true });
          try {
            const large = 'x'.repeat(700_000);
            const outcomes = await stream.putRecords(throttled, [
              to(shard(0), `first ${large}`),
              to(shard(0), `second ${large}`),
              to(shard(1), 'elsewhere'),
            ]);
            expect(outcomes.map(({ kind }) => kind)).toEqual(['accepted', 'failed', 'accepted']);
            expect(outcomes[1]).toMatchObject({
              errorCode: 'ProvisionedThroughputExceededException',
              message: expect.stringMatching(/./),
            });
          } finally {
            await close?.();
          }
        });
      }
    });

    describe.runIf(hasRanges)('resharding', () => {
      it('splits a shard into two that share its range and name it as their parent', async () => {
        await put(to(shard(0), 'before'));
        await tested.split(shard(0).shardId);
        const after = await relist();
        const children = after.filter(({ parentShardIds }) => parentShardIds.length > 0);
        expect(after.map(({ shardId, open }) => [shardId, open]).slice(0, 2)).toEqual([
          [shard(0).shardId, false],
          [shard(1).shardId, true],
        ]);
        expect(children.map(({ parentShardIds }) => parentShardIds)).toEqual([
          [shard(0).shardId],
          [shard(0).shardId],
        ]);
        expect(children.every(({ open }) => open)).toBe(true);
        expectCover(children, { start: shard(0).startingHashKey, end: shard(0).endingHashKey });
        expectCover(await openOnes(), { start: 0n, end: LAST_HASH_KEY });
      });

      it('merges two shards into one that names both as its parents', async () => {
        await tested.merge(shard(0).shardId, shard(1).shardId);
        const [child, ...others] = await openOnes();
        expect(others).toEqual([]);
        expect([...(child?.parentShardIds ?? [])].sort()).toEqual(
          shards.map(({ shardId }) => shardId),
        );
        expect(child).toMatchObject({ startingHashKey: 0n, endingHashKey: LAST_HASH_KEY });
      });

      it('reads a closed shard to its end, and from any position in it', async () => {
        const outcomes = (await put(to(shard(0), 'a'), to(shard(0), 'b'))).map(accepted);
        await tested.split(shard(0).shardId);
        const { shardId } = shard(0);
        expect(await texts(shardId)).toEqual(['a', 'b']);
        expect(await texts(shardId, outcomes[0]?.sequenceNumber)).toEqual(['b']);
        expect(await texts(shardId, outcomes[1]?.sequenceNumber)).toEqual([]);
      });

      it('reads a shard that was closed without a record', async () => {
        await tested.split(shard(0).shardId);
        expect(await read(shard(0).shardId)).toEqual([]);
      });

      it('puts what comes later into the children, with higher sequence numbers', async () => {
        const [parent] = (await put(to(shard(0), 'parent'))).map(accepted);
        await tested.split(shard(0).shardId);
        const children = (await relist()).filter(
          ({ parentShardIds }) => parentShardIds[0] === shard(0).shardId,
        );
        const outcomes = (await put(...children.map((child) => to(child, child.shardId)))).map(
          accepted,
        );
        expect(outcomes.map(({ shardId }) => shardId)).toEqual(
          children.map(({ shardId }) => shardId),
        );
        for (const { shardId, sequenceNumber } of outcomes) {
          expect(await texts(shardId)).toEqual([shardId]);
          expect(BigInt(sequenceNumber)).toBeGreaterThan(BigInt(parent?.sequenceNumber ?? 0));
        }
        expect(await texts(shard(0).shardId)).toEqual(['parent']);
      });

      it('lists every generation after a split of a split', async () => {
        await tested.split(shard(0).shardId);
        const child = (await openOnes()).find(({ parentShardIds }) => parentShardIds.length > 0);
        await tested.split(child?.shardId ?? '');
        const all = await relist();
        expect(all).toHaveLength(6);
        expect(new Set(all.map(({ shardId }) => shardId)).size).toBe(6);
        expectCover(await openOnes(), { start: 0n, end: LAST_HASH_KEY });
      });
    });

    if (can.expire) {
      it('reads on at the oldest kept record after a position that has passed', async () => {
        const [old] = (await put(to(shard(0), 'old'))).map(accepted);
        await put(to(shard(0), 'old too'));
        await tested.expire?.();
        await put(to(shard(0), 'new'));
        expect(await texts(shard(0).shardId)).toEqual(['new']);
        expect(await texts(shard(0).shardId, old?.sequenceNumber)).toEqual(['new']);
      });
    }
  });
}

type Accepted = Extract<PutOutcome, { kind: 'accepted' }>;

function accepted(outcome: PutOutcome | undefined): Accepted {
  if (outcome?.kind !== 'accepted') throw new Error(`not accepted: ${JSON.stringify(outcome)}`);
  return outcome;
}

function contains({ startingHashKey, endingHashKey }: ShardInfo, hash: bigint): boolean {
  return startingHashKey <= hash && hash <= endingHashKey;
}

function expectCover(
  shards: readonly ShardInfo[],
  range: { readonly start: bigint; readonly end: bigint },
): void {
  const sorted = shards.toSorted((a, b) => (a.startingHashKey < b.startingHashKey ? -1 : 1));
  expect([
    sorted[0]?.startingHashKey,
    ...sorted.slice(1).map(({ startingHashKey }) => startingHashKey - 1n),
  ]).toEqual([range.start, ...sorted.slice(0, -1).map(({ endingHashKey }) => endingHashKey)]);
  expect(sorted.at(-1)?.endingHashKey).toBe(range.end);
}

/** Sequence numbers are decimal integers of any length. */
function expectAscending(records: readonly StreamRecordOut[]): void {
  const numbers = records.map(({ sequenceNumber }) => BigInt(sequenceNumber));
  expect(numbers).toEqual(numbers.toSorted((a, b) => (a < b ? -1 : 1)));
  expect(new Set(numbers).size).toBe(numbers.length);
}
