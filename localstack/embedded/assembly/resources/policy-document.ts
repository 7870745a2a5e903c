import { z } from 'zod';

const oneOrMore = z.union([z.string(), z.array(z.string())]);

/** IAM policy: well-formed, but not evaluated; the local cloud has one trusted user. */
export const policyDocument = z.strictObject({
  Version: z.literal('2012-10-17'),
  Statement: z.array(
    z.strictObject({
      Sid: z.string().optional(),
      Effect: z.enum(['Allow', 'Deny']),
      Action: oneOrMore,
      Resource: oneOrMore.optional(),
      Principal: z.union([z.literal('*'), z.record(z.string(), oneOrMore)]).optional(),
      Condition: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
    }),
  ),
});
