import { z } from 'zod';

/** What every connector that runs on a schedule may say. */
export const scheduledKeys = {
  environments: z
    .array(z.string())
    .min(1)
    .optional()
    .describe('environments in which the schedule is switched on (default: all)'),
} as const;
