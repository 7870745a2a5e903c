import { describe, expect, it } from 'vitest';
import {
  type DeadLetter,
  decodeDeadLetters,
  encodeDeadLetters,
} from '#core/delivery/dead-letter.ts';
import { padSequence } from '#core/delivery/position.ts';

const WHERE = {
  domain: 'market',
  stream: 'trade',
  source: 'kinesis:local-market/shardId-000000000000',
};

function letter(sequence: string, subSequence: number, reason = 'avro: cut off'): DeadLetter {
  return {
    position: { sequence: padSequence(sequence), subSequence },
    kind: 'undecodable',
    reason,
    arrivalMicros: 1_763_660_000_123_000n,
    partitionKey: 'AAPL',
    payload: Buffer.from([3, 0, 255]),
  };
}

describe('encodeDeadLetters', () => {
  it('files the events of a record in one object, whatever the batch around it', () => {
    const narrow = encodeDeadLetters([letter('7', 1), letter('7', 3)], WHERE);
    const wide = encodeDeadLetters([letter('9', 0), letter('7', 3), letter('7', 1)], WHERE);
    expect(narrow).toHaveLength(1);
    expect(wide).toHaveLength(2);
    expect(wide).toContainEqual(narrow[0]);
  });

  it('says which positions an object holds', () => {
    const objects = encodeDeadLetters([letter('9', 0), letter('7', 3), letter('7', 1)], WHERE);
    expect(objects.map(({ positions }) => positions)).toEqual([
      [`${padSequence('9')}/0`],
      [`${padSequence('7')}/1`, `${padSequence('7')}/3`],
    ]);
  });

  it('names domain, stream, source and sequence in the key', () => {
    const [object] = encodeDeadLetters([letter('7', 1)], WHERE);
    expect(object!.key).toMatch(
      /^market\/trade\/kinesis\/local-market\/shardId-000000000000\/0{55}7-[0-9a-f]{12}\.json$/,
    );
  });

  it('gives another judgement of the same record another key', () => {
    const [first] = encodeDeadLetters([letter('7', 1)], WHERE);
    const [second] = encodeDeadLetters([letter('7', 1, 'avro: bytes left over')], WHERE);
    expect(first!.key).not.toBe(second!.key);
  });

  it('keeps the payload, the reason and the arrival time', () => {
    const [object] = encodeDeadLetters([letter('7', 1)], WHERE);
    expect(decodeDeadLetters(object!.body)).toEqual({
      source: WHERE.source,
      sequence: padSequence('7'),
      events: [
        {
          subSequence: 1,
          kind: 'undecodable',
          reason: 'avro: cut off',
          arrival: '2025-11-20T17:33:20.123Z',
          partitionKey: 'AAPL',
          payload: 'AwD/',
        },
      ],
    });
  });
});

describe('decodeDeadLetters', () => {
  it.each(['', '{}', '[]', '{"source":"x","sequence":"1","events":[{}]}', 'no json'])(
    'refuses %j',
    (text) => {
      expect(() => decodeDeadLetters(Buffer.from(text))).toThrow(/dead-letter object/);
    },
  );
});
