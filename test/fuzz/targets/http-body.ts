import { gzipSync } from 'node:zlib';
import { createRowEncoder } from '#core/avro/row-codec.ts';
import { readEventBody } from '#core/ingest/event-body.ts';
import { compileJsonReader } from '#core/ingest/json-row.ts';
import type { FuzzTarget } from '../fuzz-target.ts';
import { genuineRows } from '../genuine-inputs.ts';
import { below, mutateBytes, mutateText, pick } from '../mutate.ts';

const EVENT =
  `{"text":"a","flag":true,"small":-1,"large":9007199254740993,"single":1.5,"exact":"12.3450","price":1.99,
"day":"2026-11-20","at":"2026-11-20T21:00:00.123456Z","later":"2026-11-20T21:00:00+02:00","raw":"AP8=","side":"ask",
"tags":["a","b"],"levels":{"x":1e3},"legs":[{"leg":1},{"leg":null}]}`.replaceAll('\n', '');
const BODIES = [`{"events":[${EVENT}]}`, `[${EVENT},${EVENT}]`, `${EVENT}\n${EVENT}\n`];
const COMPRESSED = [gzipSync(BODIES[2] ?? ''), gzipSync(Buffer.alloc(5_000_000, 32))];
const TYPES = ['application/json', 'application/x-ndjson', 'text/plain', null];
const LIMITS = { maxBodyBytes: 100_000, maxEvents: 10 };

/** Bodies of the ingestion API; an event that is read must also be one that the encoder takes. */
export const httpBody: FuzzTarget = {
  name: 'http-body',
  async prepare() {
    const { schema, fields } = genuineRows();
    const read = compileJsonReader(fields, { identity: ['text'] });
    const encode = createRowEncoder(schema, fields);
    return {
      run(draw) {
        const isGzip = below(draw, 4) === 0;
        const body = isGzip
          ? Buffer.from(mutateBytes(draw, COMPRESSED)).toString('base64')
          : mutateText(draw, BODIES, ['"price":', '1e400', '{"events":', '\\u0000', '[[[[[[[[']);
        const reading = readEventBody(
          {
            contentType: isGzip ? 'application/x-ndjson' : pick(draw, TYPES),
            contentEncoding: isGzip ? 'gzip' : null,
            body,
            isBase64: isGzip,
          },
          LIMITS,
        );
        if (!reading.ok) {
          if (reading.problem.status < 400 || reading.problem.detail === '')
            throw new Error('refused without a reason');
          return 'refused';
        }
        let refused = 0;
        for (const event of reading.events) {
          if (!event.ok) {
            refused++;
            continue;
          }
          const judged = read(event.json);
          if (judged.ok) encode(judged.row);
          else if (judged.errors.length === 0) throw new Error('refused without an error');
          else refused++;
        }
        return refused === 0 ? 'accepted' : 'refused';
      },
    };
  },
};
