import { createRowDecoder } from '#core/avro/row-codec.ts';
import { hasCode } from '#core/errors.ts';
import { type FuzzTarget, refusedWith } from '../fuzz-target.ts';
import { genuineRows } from '../genuine-inputs.ts';
import { mutateBytes } from '../mutate.ts';

/** Avro rows of a schema with every type. */
export const avroRow: FuzzTarget = {
  name: 'avro-row',
  async prepare() {
    const { schema, fields, encoded } = genuineRows();
    const decode = createRowDecoder({ writerSchema: schema, readerSchema: schema, fields });
    return {
      run(draw) {
        try {
          decode(mutateBytes(draw, encoded));
          return 'accepted';
        } catch (error) {
          return refusedWith(error, (e) => hasCode(e, 'FORMAT_CORRUPT'));
        }
      },
    };
  },
};
