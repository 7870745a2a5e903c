import { describe, expect, it } from 'vitest';
import { comparePositions, kinesisSource, padSequence } from '#core/delivery/position.ts';

describe('padSequence', () => {
  it('makes text order numeric order', () => {
    const [nine, ten] = ['9', '10'].map(padSequence);
    expect(nine! < ten!).toBe(true);
    expect(ten).toHaveLength(56);
  });

  it('takes the 56 digits of a real sequence number as they are', () => {
    const sequence = '49590338271490256608559692538361571095921575989136588898';
    expect(padSequence(sequence)).toBe(sequence);
  });

  it.each(['', 'shardId', '-1', '1'.repeat(57), '1e3'])('refuses %j', (text) => {
    expect(() => padSequence(text)).toThrow(/expected 1 to 56 digits/);
  });
});

describe('comparePositions', () => {
  const at = (sequence: string, subSequence: number) => ({
    sequence: padSequence(sequence),
    subSequence,
  });

  it('orders by sequence, then by sub-sequence', () => {
    const positions = [at('10', 0), at('9', 7), at('9', 10), at('9', 0)];
    expect(positions.toSorted(comparePositions)).toEqual([
      at('9', 0),
      at('9', 7),
      at('9', 10),
      at('10', 0),
    ]);
    expect(comparePositions(at('9', 7), at('9', 7))).toBe(0);
  });
});

describe('kinesisSource', () => {
  it('names stream and shard', () => {
    expect(kinesisSource('prod-market', 'shardId-000000000003')).toBe(
      'kinesis:prod-market/shardId-000000000003',
    );
  });
});
