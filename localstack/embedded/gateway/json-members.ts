import type { z } from 'zod';
import { AwsError } from './json-protocol.ts';

/**
 * The members of a JSON request as its model has them; null members count as absent. Throws ValidationException that
 * names the member and what is expected, and never a value: requests may hold secrets.
 */
export function readMembers<T>(model: z.ZodType<T>, input: Readonly<Record<string, unknown>>): T {
  const given = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== null));
  const result = model.safeParse(given);
  if (result.success) return result.data;
  const problems = result.error.issues.map(describe);
  const count = `${problems.length} validation error${problems.length === 1 ? '' : 's'} detected`;
  throw new AwsError('ValidationException', `${count}: ${problems.join('; ')}`);
}

function describe(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys') {
    return `the local cloud does not emulate ${issue.keys.join(', ')} of this operation`;
  }
  const member = issue.path.join('.');
  return `Value at '${member}' failed to satisfy constraint: ${issue.message}`;
}

/** One page of a list; the token is the number of items before the page. */
export function pageOf<T>(
  items: readonly T[],
  request: { readonly limit: number; readonly token: string | undefined },
  invalidToken: () => AwsError,
): { readonly page: readonly T[]; readonly nextToken: string | undefined } {
  const start = request.token === undefined ? 0 : startOf(request.token);
  if (start === null || start > items.length) throw invalidToken();
  const end = start + request.limit;
  return {
    page: items.slice(start, end),
    nextToken: end < items.length ? Buffer.from(`from ${end}`).toString('base64') : undefined,
  };
}

function startOf(token: string): number | null {
  const digits = /^from (\d{1,9})$/.exec(Buffer.from(token, 'base64').toString('utf8'))?.[1];
  return digits === undefined ? null : Number(digits);
}
