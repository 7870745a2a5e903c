import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { JudgedEvent } from '#core/delivery/judged-event.ts';
import { padSequence } from '#core/delivery/position.ts';
import { archiveObjects } from '#core/sink/archive-sink.ts';

const SOURCE = 'kinesis:local-market/shardId-000000000000';

function event(sequence: number, changes: Partial<JudgedEvent> = {}): JudgedEvent {
  return {
    kind: 'undecodable',
    stream: 'trade',
    position: { sequence: padSequence(String(sequence)), subSequence: 2 },
    arrivalMicros: BigInt(Date.parse('2026-11-20T21:59:59.999Z')) * 1000n,
    partitionKey: 'AAPL',
    payload: Buffer.from([3, 0, 255]),
    reason: 'broken',
    schemaVersion: 1,
    ...changes,
  } as JudgedEvent;
}

function linesOf(body: Uint8Array): unknown[] {
  return gunzipSync(body)
    .toString()
    .trimEnd()
    .split('\n')
    .map((line): unknown => JSON.parse(line));
}

describe('the archive', () => {
  it('names an object by stream, hour, source and positions, and keeps bytes and position of every event', () => {
    const [object, ...others] = archiveObjects('market', SOURCE, [event(7), event(9)]);
    expect(others).toEqual([]);
    expect(object?.key).toBe(
      'archive/market/trade/2026/11/20/21/kinesis~local-market~shardId-000000000000/7.2-9.2.jsonl.gz',
    );
    expect(linesOf(object?.body ?? Buffer.alloc(0))).toEqual(
      [7, 9].map((sequence) => ({
        source: SOURCE,
        sequence: padSequence(String(sequence)),
        subSequence: 2,
        arrival: '2026-11-20T21:59:59.999Z',
        partitionKey: 'AAPL',
        data: 'AwD/',
      })),
    );
  });

  it('keeps streams and arrival hours apart', () => {
    const keys = archiveObjects('market', SOURCE, [
      event(1),
      event(2, { stream: 'quote' }),
      event(3, { arrivalMicros: event(1).arrivalMicros + 1000n }),
    ]).map(({ key }) => key.split('/').slice(2, 7).join('/'));
    expect(keys).toEqual(['trade/2026/11/20/21', 'quote/2026/11/20/21', 'trade/2026/11/20/22']);
  });

  it('makes the same bytes of the same events', () => {
    const make = () => archiveObjects('market', SOURCE, [event(1), event(2)]);
    expect(make()).toEqual(make());
  });
});
