import { z } from 'zod';
import { BRONZE_SINK, SINK_KINDS, SINK_NAMES } from '#core/sink/sink-kinds.ts';

const described = SINK_KINDS.map(({ name, description }) => `${name}: ${description}`).join('; ');

/** `sinks:` of a stream: where its events go. */
export const sinksModel = z
  .array(z.enum(SINK_NAMES, { error: () => `expected a sink: ${SINK_NAMES.join(', ')}` }))
  .refine((sinks) => sinks.includes(BRONZE_SINK), {
    error: () => `expected ${BRONZE_SINK} among the sinks: every stream has its table`,
  })
  .refine((sinks) => new Set(sinks).size === sinks.length, {
    error: () => 'expected each sink once',
  })
  .meta({ default: [BRONZE_SINK] })
  .describe(`where the events go; ${BRONZE_SINK}: the table (always); ${described}`);
