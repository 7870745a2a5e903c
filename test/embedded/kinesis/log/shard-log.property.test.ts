import { cpSync, readdirSync, statSync, truncateSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { comparePositions, type ShardPosition } from '#embedded/kinesis/log/sequence-number.ts';
import { ShardLog } from '#embedded/kinesis/log/shard-log.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const start = { arrivalMs: 1000, ordinal: 0 };
const everything = { after: start, limit: 1e9, maxBytes: 1e9, oldestArrivalMs: 0 };

const batches = fc.array(
  fc.record({
    data: fc.array(fc.uint8Array({ maxLength: 60 }), { minLength: 1, maxLength: 4 }),
    /** Steps of the clock, backwards too. */
    stepMs: fc.integer({ min: -50, max: 50 }),
    reopens: fc.boolean(),
  }),
  { minLength: 1, maxLength: 20 },
);

/** Long enough that what a short record leaves of it looks like a damaged frame. */
function payload(i: number): string {
  return `payload ${i}`.padEnd(80, '.');
}

describe('ShardLog', () => {
  it('returns every appended record once and in order over reopenings and a jumping clock', async () => {
    await fc.assert(
      fc.asyncProperty(batches, fc.integer({ min: 20, max: 400 }), async (plan, segmentBytes) => {
        const folder = temporaryFolder();
        let log = new ShardLog(folder, { start, segmentBytes });
        const appended: { position: ShardPosition; data: string }[] = [];
        let nowMs = 2000;
        for (const batch of plan) {
          nowMs += batch.stepMs;
          const records = batch.data.map((data) => ({
            partitionKey: 'k',
            data: Buffer.from(data),
          }));
          const positions = log.append(records, nowMs);
          for (const [i, position] of positions.entries()) {
            appended.push({ position, data: records[i]?.data.toString('hex') ?? '' });
          }
          if (batch.reopens) {
            log.close();
            log = new ShardLog(folder, { start, segmentBytes });
          }
        }
        const read = await log.read(everything);
        expect(read.map((each) => each.data.toString('hex'))).toEqual(appended.map((a) => a.data));
        for (const [i, each] of read.entries()) {
          expect(comparePositions(each, appended[i]?.position ?? start)).toBe(0);
          if (i > 0) expect(comparePositions(read[i - 1] ?? start, each)).toBeLessThan(0);
        }
        log.close();
      }),
      { numRuns: 60 },
    );
  });

  it('keeps every whole record and goes on with new positions after a torn tail at every byte', async () => {
    const written = temporaryFolder();
    const log = new ShardLog(written, { start, segmentBytes: 400 });
    for (let i = 1; i <= 7; i++) {
      log.append([{ partitionKey: 'key', data: Buffer.from(payload(i)) }], 2000 + i);
    }
    log.close();
    const newest = readdirSync(written).sort().at(-1) ?? '';
    const sealedRecords = Number.parseInt(newest, 10) - 1;
    const trials = temporaryFolder();
    const keptCounts = new Set<number>();
    for (let length = statSync(path.join(written, newest)).size; length >= 0; length--) {
      const folder = path.join(trials, String(length));
      cpSync(written, folder, { recursive: true });
      truncateSync(path.join(folder, newest), length);
      const torn = new ShardLog(folder, { start, segmentBytes: 400 });
      const kept = (await torn.read(everything)).map((each) => each.data.toString());
      expect(kept).toEqual(kept.map((_, i) => payload(i + 1)));
      keptCounts.add(kept.length);
      const [next] = torn.append([{ partitionKey: 'key', data: Buffer.from('next') }], 5000);
      expect(next).toMatchObject({ arrivalMs: 5000, ordinal: kept.length + 1 });
      torn.close();
      const reopened = await new ShardLog(folder, { start }).read(everything);
      expect(reopened.map((each) => each.data.toString())).toEqual([...kept, 'next']);
    }
    const expected = Array.from({ length: 8 - sealedRecords }, (_, i) => 7 - i);
    expect([...keptCounts]).toEqual(expected);
  });
});
