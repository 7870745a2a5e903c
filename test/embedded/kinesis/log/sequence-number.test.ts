import { describe, expect, it } from 'vitest';
import {
  comparePositions,
  formatSequenceNumber,
  parseSequenceNumber,
} from '#embedded/kinesis/log/sequence-number.ts';

const position = { arrivalMs: 1_763_600_000_123, ordinal: 42 };

describe('sequence number', () => {
  it('has 56 digits and lies above 2^185, as AWS writes them', () => {
    const text = formatSequenceNumber(7, position);
    expect(text).toMatch(/^\d{56}$/);
    expect(BigInt(text) > 1n << 185n).toBe(true);
  });

  it('reads back to shard and position', () => {
    const text = formatSequenceNumber(999_999_999_999, position);
    expect(parseSequenceNumber(text)).toEqual({ shardIndex: 999_999_999_999, position });
  });

  it('orders as strings the way positions are ordered', () => {
    const positions = [
      { arrivalMs: 9, ordinal: 999 },
      { arrivalMs: 10, ordinal: 1 },
      { arrivalMs: 10, ordinal: 2 },
      { arrivalMs: 10, ordinal: 10 },
      { arrivalMs: 1_763_600_000_123, ordinal: 1 },
    ];
    const texts = positions.map((each) => formatSequenceNumber(3, each));
    expect([...texts].sort()).toEqual(texts);
    expect([...positions].sort(comparePositions)).toEqual(positions);
  });

  it.each([
    ['', 'nothing'],
    ['0', 'a short number'],
    ['49590338271490256608559692538361571095921575989136588898', 'a number of AWS'],
    [`${formatSequenceNumber(0, position)}0`, 'a digit too many'],
    [`495${'9'.repeat(53)}`, 'an ordinal beyond 2^53'],
    [`-${formatSequenceNumber(0, position).slice(1)}`, 'a sign'],
  ])('refuses %j (%s)', (text) => {
    expect(parseSequenceNumber(text)).toBeNull();
  });
});
