import { describe, expect, it } from 'vitest';
import { type CheckpointStorage, Checkpoints } from '#embedded/lambda/event-source/checkpoints.ts';

const identity = {
  streamArn: 'arn:aws:kinesis:us-east-1:000000000000:stream/orders',
  startingPosition: 'TRIM_HORIZON',
  startingTimestampMs: null,
};

function memoryStorage(text: string | null = null): CheckpointStorage & { text: string | null } {
  return {
    text,
    name: 'memory',
    load() {
      return this.text;
    },
    save(saved) {
      this.text = saved;
    },
    remove() {
      this.text = null;
    },
  };
}

describe('checkpoints', () => {
  it('are the lowest position of the lanes, and nothing while a lane has none', () => {
    const storage = memoryStorage();
    const checkpoints = Checkpoints.create(storage, identity, { shards: new Map([['s', null]]) });
    checkpoints.set('s', ['5', '3', '4']);
    expect(checkpoints.get('s')).toBe('3');
    checkpoints.set('s', ['5', null]);
    expect(checkpoints.get('s')).toBeNull();
    expect(checkpoints.get('unknown')).toBeNull();
  });

  it('come back with their lanes, or at the lowest for another number of lanes', () => {
    const storage = memoryStorage();
    const shards = new Map([['s', '1']]);
    Checkpoints.create(storage, identity, { shards }).set('s', ['5', '3']);
    const reopened = Checkpoints.open(storage, identity);
    expect(reopened?.lanes('s', 2)).toEqual(['5', '3']);
    expect(reopened?.lanes('s', 3)).toEqual(['3', '3', '3']);
    expect(reopened?.lanes('new', 2)).toEqual([null, null]);
  });

  it('of the first version, without lanes, are read', () => {
    const { startingTimestampMs: _, ...old } = identity;
    const text = JSON.stringify({ version: 1, ...old, shards: { a: '7', b: null } });
    const checkpoints = Checkpoints.open(memoryStorage(text), identity);
    expect(checkpoints?.lanes('a', 1)).toEqual(['7']);
    expect(checkpoints?.lanes('a', 2)).toEqual(['7', '7']);
    expect(checkpoints?.get('b')).toBeNull();
  });

  it('change no more after they are closed', () => {
    const storage = memoryStorage();
    const checkpoints = Checkpoints.create(storage, identity, { shards: new Map([['s', '1']]) });
    checkpoints.close();
    checkpoints.set('s', ['2']);
    checkpoints.retain(new Set());
    expect(Checkpoints.open(storage, identity)?.get('s')).toBe('1');
  });

  it.each([
    ['streamArn', 'arn:other'],
    ['startingPosition', 'LATEST'],
    ['startingTimestampMs', 1_763_600_000_000],
  ])('refuse a mapping with another %s', (property, value) => {
    const storage = memoryStorage();
    Checkpoints.create(storage, identity, { shards: new Map() });
    expect(() => Checkpoints.open(storage, { ...identity, [property]: value })).toThrow(
      `${property} of an event source mapping changed from`,
    );
  });

  it.each(['', '{}', '{"version":3}', 'null'])('name damaged text: %j', (text) => {
    expect(() => Checkpoints.open(memoryStorage(text), identity)).toThrow(
      /memory is not a checkpoint file of version 1 or 2/,
    );
  });
});
