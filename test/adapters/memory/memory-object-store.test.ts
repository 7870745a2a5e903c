import { describe, expect, it } from 'vitest';
import { MemoryObjectStore } from '#adapters/memory/memory-object-store.ts';
import { SluiceError } from '#core/errors.ts';
import { describeObjectStore } from '#test/contracts/object-store.contract.ts';

describeObjectStore('memory', async () => ({
  store: new MemoryObjectStore(),
  uri: (key) => `s3://bucket/${key}`,
}));

describe('MemoryObjectStore', () => {
  it('counts what was asked of it', async () => {
    const store = new MemoryObjectStore();
    await store.put('s3://b/k', Uint8Array.of(1, 2, 3));
    await store.get('s3://b/k');
    await store.get('s3://b/k');
    await store.delete('s3://b/k');
    expect(store.traffic).toEqual({
      gets: 2,
      getBytes: 6,
      puts: 1,
      putBytes: 3,
      lists: 0,
      deletes: 1,
    });
  });

  it('dates objects by the clock it is given', async () => {
    const store = new MemoryObjectStore({ clock: { nowMs: () => 42 } });
    await store.put('s3://b/k', Uint8Array.of(1));
    const listed: unknown[] = [];
    for await (const object of store.list('s3://b/')) listed.push(object);
    expect(listed).toEqual([{ uri: 's3://b/k', sizeBytes: 1, modifiedMs: 42 }]);
  });

  it('fails on demand, before anything happens', async () => {
    const store = new MemoryObjectStore();
    store.fault = (operation) =>
      operation === 'put' ? new SluiceError('SOURCE_UNAVAILABLE', 'throttled') : null;
    await expect(store.put('s3://b/k', Uint8Array.of(1))).rejects.toThrow('throttled');
    expect(await store.head('s3://b/k')).toBeNull();
  });
});
