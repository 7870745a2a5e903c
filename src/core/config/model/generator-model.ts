import { z } from 'zod';
import { durationMs } from './quantity.ts';
import { scheduledKeys } from './scheduled-model.ts';

/** `kind: generator`: synthetic events, minute by minute. */

const RANGE = /^(\d{1,4})(?:\.\.(\d{1,4}))?$/;
/** More per tick than one function can encode and send in time. */
const MAX_RECORDS = 1_000;

export interface RecordRange {
  readonly min: number;
  readonly max: number;
}

const RANGE_EXPECTED = `expected a number of records or a range such as 1..10, at most ${MAX_RECORDS}`;

const recordRange: z.ZodType<RecordRange, string | number> = z
  .union([z.string(), z.number()], { error: () => RANGE_EXPECTED })
  .transform((given, context) => {
    const [, low = '', high = low] = RANGE.exec(String(given)) ?? [];
    const range = { min: Number(low), max: Number(high) };
    if (low !== '' && range.min <= range.max && range.max >= 1 && range.max <= MAX_RECORDS) {
      return range;
    }
    context.issues.push({ code: 'custom', message: RANGE_EXPECTED, input: given });
    return z.NEVER;
  });

const producerModel = z.strictObject({
  every: durationMs({ min: '100ms', max: '1m' }).describe('interval, a whole part of a minute'),
  records: recordRange.describe('per interval and stream: a number or a range such as 1..10'),
});

const every = z.number().int().min(2);

export const generatorModel = z.strictObject({
  kind: z.literal('generator').describe('synthetic events, minute by minute'),
  ...scheduledKeys,
  streams: z.array(z.string()).min(1).describe('streams of this domain that get events'),
  producers: z
    .array(producerModel)
    .min(1)
    .max(8)
    .describe('run side by side, each at its own rate'),
  seed: z
    .union([z.string().min(1), z.number().int()], {
      error: () => 'expected a text or a whole number',
    })
    .optional()
    .describe('the same seed gives the same events (default: the name of the connector)'),
  faults: z
    .strictObject({
      broken_every: every.describe('every n-th event breaks a quality rule'),
      duplicate_every: every.describe('every n-th event repeats the one before'),
      late_every: every.describe('every n-th event comes after its time'),
    })
    .partial()
    .optional()
    .describe('planted on purpose (default: none)'),
});

export const incompleteGeneratorModel = generatorModel.partial().required({ kind: true });

export type GeneratorInput = z.infer<typeof incompleteGeneratorModel>;
