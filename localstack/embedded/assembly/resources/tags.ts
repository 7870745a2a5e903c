import { z } from 'zod';

/** Tags are for bills and searches in an account: accepted everywhere, without effect here. */
export const tags = z.array(z.strictObject({ Key: z.string(), Value: z.string() })).optional();
