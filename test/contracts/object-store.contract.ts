import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StreamingObjectStore } from '#ports/object-store.ts';

/** An empty store under test; `uri` gives the URI of a key in it. */
export interface ObjectStoreUnderTest {
  readonly store: StreamingObjectStore;
  readonly uri: (key: string) => string;
  readonly close?: () => Promise<void>;
  /** Keys one page of a listing holds, where the store has pages. */
  readonly pageSize?: number;
  /** Keys are paths of a file system: no empty, `.` and `..` segments, none below another object. */
  readonly keysArePaths?: boolean;
}

/** What every ObjectStore keeps to; each adapter runs it. */
export function describeObjectStore(
  name: string,
  setup: () => Promise<ObjectStoreUnderTest>,
): void {
  describe(`object store contract: ${name}`, () => {
    let tested: ObjectStoreUnderTest;
    let store: StreamingObjectStore;
    let uri: (key: string) => string;
    beforeEach(async () => {
      tested = await setup();
      ({ store, uri } = tested);
    });
    afterEach(() => tested.close?.());

    const bytes = (text: string) => new TextEncoder().encode(text);
    const read = async (key: string) => new TextDecoder().decode(await store.get(uri(key)));
    const list = async (prefix: string) => {
      const keys: string[] = [];
      for await (const object of store.list(uri(prefix)))
        keys.push(object.uri.slice(uri('').length));
      return keys;
    };

    it('gives back the bytes that were put', async () => {
      const body = Uint8Array.from({ length: 70_000 }, (_, index) => index % 251);
      await store.put(uri('a/b.bin'), body);
      expect(Buffer.compare(await store.get(uri('a/b.bin')), body)).toBe(0);
      expect(await store.head(uri('a/b.bin'))).toEqual({ sizeBytes: 70_000 });
    });

    const readFrom = async (key: string, offset?: number) => {
      const parts: Uint8Array[] = [];
      for await (const chunk of store.read(uri(key), offset === undefined ? {} : { offset })) {
        parts.push(Uint8Array.from(chunk));
      }
      return Buffer.concat(parts);
    };
    async function* pieces(body: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < body.length; at += size) yield body.subarray(at, at + size);
    }

    it('reads an object in chunks, from any place on', async () => {
      const body = Buffer.alloc(9_000_000);
      for (let at = 0; at < body.length; at += 4000) body.writeUInt32LE(at, at);
      await store.put(uri('long'), body);
      for (const offset of [0, 1, 8_388_608, 8_999_999, 9_000_000, 9_000_001]) {
        expect((await readFrom('long', offset)).equals(body.subarray(offset))).toBe(true);
      }
      await store.put(uri('empty'), new Uint8Array());
      expect(await readFrom('empty')).toHaveLength(0);
      await expect(readFrom('nothing')).rejects.toMatchObject({ code: 'OBJECT_NOT_FOUND' });
    });

    it('lets a reader leave early', async () => {
      await store.put(uri('long'), new Uint8Array(9_000_000));
      for await (const chunk of store.read(uri('long'))) {
        expect(chunk.length).toBeGreaterThan(0);
        break;
      }
    });

    it('writes pieces of any size as one object', async () => {
      const body = Buffer.alloc(17_000_000);
      for (let at = 0; at < body.length; at += 4000) body.writeUInt32LE(at, at);
      for (const size of [3_333_333, 17_000_000]) {
        expect(await store.write(uri('parts'), pieces(body, size))).toEqual({
          sizeBytes: body.length,
        });
        expect((await readFrom('parts')).equals(body)).toBe(true);
      }
      expect(await store.write(uri('parts'), pieces(bytes('small'), 2))).toEqual({ sizeBytes: 5 });
      expect(await read('parts')).toBe('small');
      expect(await store.write(uri('parts'), pieces(new Uint8Array(), 2))).toEqual({
        sizeBytes: 0,
      });
      expect(await read('parts')).toBe('');
    });

    it('leaves an object as it was when the source of a write fails', async () => {
      await store.put(uri('k'), bytes('before'));
      async function* failing(): AsyncGenerator<Uint8Array> {
        yield new Uint8Array(9_000_000);
        throw new Error('planted');
      }
      await expect(store.write(uri('k'), failing())).rejects.toThrow();
      expect(await read('k')).toBe('before');
      expect(await list('')).toEqual(['k']);
    });

    it('tells size and time of an object', async () => {
      await store.put(uri('k'), bytes('12345'));
      const stat = await store.stat(uri('k'));
      expect(stat?.sizeBytes).toBe(5);
      expect(Math.abs((stat?.modifiedMs ?? 0) - Date.now())).toBeLessThan(60_000);
      expect(await store.stat(uri('nothing'))).toBeNull();
    });

    it('holds empty objects', async () => {
      await store.put(uri('empty'), new Uint8Array());
      expect(await read('empty')).toBe('');
      expect(await store.head(uri('empty'))).toEqual({ sizeBytes: 0 });
    });

    it("gives out bytes of the caller's own", async () => {
      const body = bytes('before');
      await store.put(uri('k'), body);
      body.fill(0);
      (await store.get(uri('k'))).fill(0);
      expect(await read('k')).toBe('before');
    });

    it('says OBJECT_NOT_FOUND for a missing key', async () => {
      await store.put(uri('folder/object'), bytes('x'));
      for (const key of ['nothing', 'folder', 'folder/object/below']) {
        await expect(store.get(uri(key))).rejects.toMatchObject({ code: 'OBJECT_NOT_FOUND' });
        expect(await store.head(uri(key))).toBeNull();
      }
    });

    it('replaces an object without a condition', async () => {
      await store.put(uri('k'), bytes('long first version'));
      await store.put(uri('k'), bytes('second'));
      expect(await read('k')).toBe('second');
    });

    it('refuses a conditional write to a key that is taken, and changes nothing', async () => {
      await store.put(uri('k'), bytes('first'), { ifNoneMatch: '*' });
      await expect(
        store.put(uri('k'), bytes('second'), { ifNoneMatch: '*' }),
      ).rejects.toMatchObject({ code: 'OBJECT_EXISTS', retryable: false });
      expect(await read('k')).toBe('first');
    });

    it('holds large objects', async () => {
      const body = Buffer.alloc(20 * 1024 * 1024);
      for (let at = 0; at < body.length; at += 4096) body.writeUInt32LE(at, at);
      await store.put(uri('large'), body);
      expect(await store.head(uri('large'))).toEqual({ sizeBytes: body.length });
      expect(Buffer.compare(await store.get(uri('large')), body)).toBe(0);
    });

    it('says OBJECT_NOT_FOUND for an object that was deleted', async () => {
      await store.put(uri('k'), bytes('x'));
      await store.delete(uri('k'));
      await expect(store.get(uri('k'))).rejects.toMatchObject({ code: 'OBJECT_NOT_FOUND' });
      expect(await list('')).toEqual([]);
    });

    it('shows every reader one whole version while writers replace it', async () => {
      const versions = Array.from({ length: 6 }, (_, index) => `${index}`.repeat(50_000 + index));
      await store.put(uri('k'), bytes(versions[0] ?? ''));
      const reads = Array.from({ length: 12 }, () => read('k'));
      await Promise.all(versions.map((version) => store.put(uri('k'), bytes(version))));
      for (const seen of [...(await Promise.all(reads)), await read('k')]) {
        expect(versions).toContain(seen);
      }
    });

    it('lets exactly one of many conditional writers win, whole', async () => {
      const bodies = Array.from({ length: 12 }, (_, index) => `${index}`.repeat(20_000));
      const results = await Promise.allSettled(
        bodies.map((body) => store.put(uri('race'), bytes(body), { ifNoneMatch: '*' })),
      );
      const winners = results.flatMap((result, index) =>
        result.status === 'fulfilled' ? [bodies[index]] : [],
      );
      expect(winners).toHaveLength(1);
      expect(await read('race')).toBe(winners[0]);
      for (const result of results) {
        if (result.status === 'rejected')
          expect(result.reason).toMatchObject({ code: 'OBJECT_EXISTS' });
      }
    });

    it('takes a conditional write after a delete', async () => {
      await store.put(uri('k'), bytes('first'));
      await store.delete(uri('k'));
      await store.put(uri('k'), bytes('second'), { ifNoneMatch: '*' });
      expect(await read('k')).toBe('second');
    });

    it('deletes an object, and a missing one too', async () => {
      await store.put(uri('k'), bytes('x'));
      await store.delete(uri('k'));
      await store.delete(uri('k'));
      await store.delete(uri('never/was'));
      expect(await store.head(uri('k'))).toBeNull();
    });

    it('tells keys apart that look like encodings of each other', async () => {
      const keys = [
        'a b',
        'a+b',
        'a%20b',
        'a%2Fb',
        'a/b',
        'ts_hour=2026-11-20-18',
        'é',
        'e\u0301',
        '😀',
        'a?b#c',
        'a&b<c>d',
        `"quoted" 'too'`,
        'back\\slash',
        'semi;colon:at@dollar$comma,',
        '{brace}[bracket]|^~`*!()',
        '\u00a0',
        ' ',
        'x'.repeat(200),
      ];
      for (const key of keys) await store.put(uri(`k/${key}/x`), bytes(key));
      for (const key of keys) expect(await read(`k/${key}/x`)).toBe(key);
      expect((await list('k/')).sort()).toEqual(keys.map((key) => `k/${key}/x`).sort());
    });

    it('lists prefixes that look like encodings literally', async () => {
      for (const key of ['p q/1', 'p+q/2', 'p%20q/3', 'p&q/4'])
        await store.put(uri(key), bytes('x'));
      expect(await list('p q/')).toEqual(['p q/1']);
      expect(await list('p+q')).toEqual(['p+q/2']);
      expect(await list('p%20')).toEqual(['p%20q/3']);
      expect(await list('p&')).toEqual(['p&q/4']);
    });

    it('resolves no path: keys with dots, double slashes and objects below objects are keys', async () => {
      if (tested.keysArePaths) return await refusesPaths();
      const keys = ['d', 'd/', 'd//e', 'd/../e', 'd/./e', 'd/e', 'd/e/..'];
      for (const key of keys) await store.put(uri(key), bytes(key));
      for (const key of keys) expect(await read(key)).toBe(key);
      expect(await list('d')).toEqual(['d', 'd/', 'd/../e', 'd/./e', 'd//e', 'd/e', 'd/e/..']);
      await store.delete(uri('d/../e'));
      expect(await list('d/')).toEqual(['d/', 'd/./e', 'd//e', 'd/e', 'd/e/..']);
    });

    /** A store of paths takes no key that could name another object's file. */
    async function refusesPaths(): Promise<void> {
      for (const key of ['d/', 'd//e', 'd/../e', 'd/./e', 'd/e/..']) {
        await expect(store.put(uri(key), bytes('x'))).rejects.toMatchObject({
          code: 'FEATURE_UNSUPPORTED',
        });
      }
      expect(await list('')).toEqual([]);
    }

    it('lists keys by prefix, in UTF-8 byte order', async () => {
      const keys = ['p/a', 'p/a-b', 'p/a/x', 'p/a0', 'p/B', 'p/\uffee', 'p/😀', 'p0', 'q/a'];
      // A file system cannot hold both "p/a" and "p/a/x".
      const stored = keys.filter((key) => key !== 'p/a');
      for (const key of [...stored].reverse()) await store.put(uri(key), bytes(key));
      expect(await list('p/')).toEqual(['p/B', 'p/a-b', 'p/a/x', 'p/a0', 'p/\uffee', 'p/😀']);
      expect(await list('p/a')).toEqual(['p/a-b', 'p/a/x', 'p/a0']);
      expect(await list('p')).toEqual(['p/B', 'p/a-b', 'p/a/x', 'p/a0', 'p/\uffee', 'p/😀', 'p0']);
      expect(await list('nothing/')).toEqual([]);
    });

    it('lists size and time of objects', async () => {
      const before = Date.now();
      await store.put(uri('k'), bytes('12345'));
      let listed = 0;
      for await (const object of store.list(uri('k'))) {
        listed++;
        expect(object.sizeBytes).toBe(5);
        expect(Number.isInteger(object.modifiedMs)).toBe(true);
        expect(Math.abs(object.modifiedMs - before)).toBeLessThan(60_000);
      }
      expect(listed).toBe(1);
    });

    it('shows in a listing what was written and not what was deleted before it', async () => {
      await store.put(uri('l/a'), bytes('x'));
      expect(await list('l/')).toEqual(['l/a']);
      await store.put(uri('l/b'), bytes('x'));
      await store.delete(uri('l/a'));
      expect(await list('l/')).toEqual(['l/b']);
    });

    it('lists more keys than a page holds, every one once and in order', async () => {
      const count = (tested.pageSize ?? 40) + 5;
      // Characters whose order differs between UTF-16 units and UTF-8 bytes, on both sides of a page's end.
      const letters = ['a', 'z', 'é', '\uffee', '😀', '!', '~'];
      const keys = Array.from(
        { length: count },
        (_, index) => `many/${letters[index % letters.length]}${String(index).padStart(5, '0')}`,
      );
      for (let at = 0; at < count; at += 50) {
        await Promise.all(keys.slice(at, at + 50).map((key) => store.put(uri(key), bytes('x'))));
      }
      const inOrder = keys.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
      expect(await list('many/')).toEqual(inOrder);
    });
  });
}
