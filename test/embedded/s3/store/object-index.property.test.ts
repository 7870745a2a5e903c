import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareUtf8 } from '#embedded/s3/protocol/utf8-order.ts';
import type { IndexRecord } from '#embedded/s3/store/index-record.ts';
import { ObjectIndex } from '#embedded/s3/store/object-index.ts';

const BUCKET = fc.constantFrom('one', 'two');
const KEY = fc.constantFrom('a', 'b/c', '😀', '\uffff');
const ID = fc.constantFrom('u1', 'u2');
let blobNumber = 0;
const BLOB = fc.constant(null).map(() => {
  blobNumber += 1;
  return `blob-${blobNumber}`;
});

const RECORD: fc.Arbitrary<IndexRecord> = fc.oneof(
  fc.record({
    type: fc.constant('bucket-set' as const),
    name: BUCKET,
    createdMs: fc.nat(),
    versioned: fc.boolean(),
  }),
  fc.record({ type: fc.constant('bucket-deleted' as const), name: BUCKET }),
  fc.record({
    type: fc.constant('object-put' as const),
    bucket: BUCKET,
    object: fc.record({
      key: KEY,
      versionId: fc.constantFrom('null', 'v1', 'v2'),
      blob: fc.oneof(BLOB, fc.constant(null)),
      sizeBytes: fc.nat(),
      etag: fc.constant('e'),
      modifiedMs: fc.nat(),
      headers: fc.constant({}),
      checksum: fc.constant(null),
    }),
    uploadId: fc.option(ID),
  }),
  fc.record({
    type: fc.constant('version-deleted' as const),
    bucket: BUCKET,
    key: KEY,
    versionId: fc.constantFrom('null', 'v1', 'v2'),
  }),
  fc.record({
    type: fc.constant('upload-created' as const),
    upload: fc.record({
      uploadId: ID,
      bucket: BUCKET,
      key: KEY,
      initiatedMs: fc.nat(),
      headers: fc.constant({}),
      checksumAlgorithm: fc.constant(null),
      checksumType: fc.constant('FULL_OBJECT' as const),
    }),
  }),
  fc.record({
    type: fc.constant('part-put' as const),
    uploadId: ID,
    part: fc.record({
      partNumber: fc.integer({ min: 1, max: 3 }),
      blob: BLOB,
      sizeBytes: fc.nat(),
      etag: fc.constant('e'),
      modifiedMs: fc.nat(),
      checksum: fc.constant(null),
    }),
  }),
  fc.record({ type: fc.constant('upload-deleted' as const), uploadId: ID }),
);

/** As the store does: an upload id is never given out twice, a bucket is only deleted when empty. */
function isPossible(index: ObjectIndex, record: IndexRecord): boolean {
  if (record.type === 'upload-created') return index.upload(record.upload.uploadId) === null;
  if (record.type === 'bucket-deleted') return index.sortedKeys(record.name).length === 0;
  return true;
}

describe('ObjectIndex', () => {
  it('is rebuilt exactly by its snapshot, counts it, and accounts for every content file', () => {
    fc.assert(
      fc.property(fc.array(RECORD, { maxLength: 60 }), (records) => {
        const index = new ObjectIndex();
        const named = new Set<string>();
        for (const record of records) {
          if (!isPossible(index, record)) continue;
          if (record.type === 'object-put' && record.object.blob) named.add(record.object.blob);
          if (record.type === 'part-put') named.add(record.part.blob);
          for (const freed of index.apply(record)) named.delete(freed);
          expect(index.blobs()).toEqual(named);
        }
        const snapshot = [...index.snapshot()];
        expect(snapshot.length).toBe(index.recordCount);
        const copy = new ObjectIndex();
        for (const record of snapshot) copy.apply(record);
        expect([...copy.snapshot()]).toEqual(snapshot);
        expect(copy.recordCount).toBe(index.recordCount);
      }),
      { numRuns: 500 },
    );
  });

  it('keeps keys in UTF-8 byte order through inserts and deletes', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(KEY, fc.boolean())), (changes) => {
        const index = new ObjectIndex();
        index.apply({ type: 'bucket-set', name: 'one', createdMs: 0, versioned: false });
        const live = new Set<string>();
        for (const [key, isPut] of changes) {
          const base = { versionId: 'null', blob: 'x', sizeBytes: 0, etag: '', modifiedMs: 0 };
          const object = { ...base, key, headers: {}, checksum: null };
          index.apply(
            isPut
              ? { type: 'object-put', bucket: 'one', object, uploadId: null }
              : { type: 'version-deleted', bucket: 'one', key, versionId: 'null' },
          );
          if (isPut) live.add(key);
          else live.delete(key);
          expect(index.sortedKeys('one')).toEqual([...live].sort(compareUtf8));
        }
      }),
    );
  });
});
