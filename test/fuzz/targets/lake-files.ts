import { SluiceError } from '#core/errors.ts';
import { decodeManifest } from '#core/iceberg/spec/manifest.ts';
import { decodeManifestList } from '#core/iceberg/spec/manifest-list.ts';
import { decodeTableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import { type FuzzTarget, refusedWith } from '../fuzz-target.ts';
import { genuineLakeFiles } from '../genuine-inputs.ts';
import { mutateBytes } from '../mutate.ts';

const DAMAGED = new Set(['FORMAT_CORRUPT', 'TABLE_INVALID', 'FEATURE_UNSUPPORTED']);

function lakeFile(name: string, files: RegExp, read: (bytes: Uint8Array) => unknown): FuzzTarget {
  return {
    name,
    async prepare() {
      const corpus = await genuineLakeFiles(files);
      return {
        run(draw) {
          try {
            read(mutateBytes(draw, corpus));
            return 'accepted';
          } catch (error) {
            return refusedWith(error, (e) => e instanceof SluiceError && DAMAGED.has(e.code));
          }
        },
      };
    },
  };
}

/** The three kinds of metadata files of an Iceberg table. */
export const tableMetadata = lakeFile('iceberg-metadata', /\.metadata\.json$/, decodeTableMetadata);
export const manifestList = lakeFile(
  'iceberg-manifest-list',
  /\/snap-[^/]+\.avro$/,
  decodeManifestList,
);
export const manifest = lakeFile('iceberg-manifest', /-m\d+\.avro$/, decodeManifest);
