import { z } from 'zod';
import { AwsError } from '#embedded/gateway/json-protocol.ts';

export const dimensionsModel = z
  .array(z.strictObject({ Name: z.string(), Value: z.string() }))
  .max(30)
  .default([]);

/** Seconds since the epoch in JSON. Source: Smithy, AWS JSON 1.0 protocol, `timestamp`. */
export const timestampModel = z.number().transform((seconds) => seconds * 1000);

/** The members of a request; one that is not emulated, or of a wrong type, is refused by name. */
export function parseMembers<T>(model: z.ZodType<T>, input: unknown): T {
  const parsed = model.safeParse(input);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) =>
    path.length === 0 ? message : `${path.join('.')}: ${message}`,
  );
  throw new AwsError('ValidationError', problems.join('; '));
}

/** One page of a list; the token is the number of entries before it. */
export function pageOf<T>(
  entries: readonly T[],
  token: string | undefined,
  size: number,
): { readonly page: readonly T[]; readonly nextToken: string | undefined } {
  const start = token === undefined ? 0 : Number(token);
  if (!Number.isInteger(start) || start < 0 || start > entries.length) {
    throw new AwsError('InvalidNextToken', `NextToken is "${token}", expected one of an answer`);
  }
  const end = start + size;
  return {
    page: entries.slice(start, end),
    nextToken: end < entries.length ? String(end) : undefined,
  };
}
