import {
  decodeSchemaRegistryHeader,
  encodeSchemaRegistryHeader,
} from '#core/avro/schema-registry-header.ts';
import { hasCode } from '#core/errors.ts';
import { type FuzzTarget, refusedWith } from '../fuzz-target.ts';
import { mutateBytes } from '../mutate.ts';

const ID = '0f0e0d0c-0b0a-4908-8706-050403020100';
const MAX_INFLATED_BYTES = 100_000;

/** Headers and zlib payloads, a bomb of 10 MB among them. */
export const schemaRegistryHeader: FuzzTarget = {
  name: 'schema-registry-header',
  async prepare() {
    const payloads = [Buffer.from('payload'), Buffer.alloc(5_000, 7), Buffer.alloc(10_000_000)];
    const corpus = payloads.map((payload) =>
      encodeSchemaRegistryHeader(ID, payload, { compression: 'zlib' }),
    );
    corpus.push(encodeSchemaRegistryHeader(ID, Buffer.from('plain')));
    return {
      run(draw) {
        try {
          const { payload } = decodeSchemaRegistryHeader(mutateBytes(draw, corpus), {
            maxInflatedBytes: MAX_INFLATED_BYTES,
          });
          if (payload.byteLength > MAX_INFLATED_BYTES)
            throw new Error(`inflated to ${payload.byteLength} bytes, beyond the limit`);
          return 'accepted';
        } catch (error) {
          return refusedWith(error, (e) => hasCode(e, 'FORMAT_CORRUPT'));
        }
      },
    };
  },
};
