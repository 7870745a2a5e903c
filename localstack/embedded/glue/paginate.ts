import { type Input, invalidInput } from './check-input.ts';

/** Page size when none is asked for, and the largest. Source: AWS Glue API, GetTables. */
const MAX_PAGE = 100;

/**
 * One page of a list sorted by name. The token is the last name of the page before, so that a page
 * is right whatever was created or deleted in between.
 */
export function paginateByName<T extends { readonly name: string }>(
  items: readonly T[],
  input: Input,
): { readonly page: readonly T[]; readonly nextToken: string | undefined } {
  const after = decodeToken(input['NextToken']);
  const limit = pageSize(input['MaxResults']);
  const rest = after === null ? items : items.filter((item) => item.name > after);
  const page = rest.slice(0, limit);
  const last = page.at(-1);
  const nextToken =
    rest.length > page.length && last !== undefined ? encodeToken(last.name) : undefined;
  return { page, nextToken };
}

function pageSize(value: unknown): number {
  if (value === undefined || value === null) return MAX_PAGE;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1 || value > MAX_PAGE) {
    throw invalidInput(`MaxResults: expected 1 to ${MAX_PAGE}, got ${String(value)}`);
  }
  return value;
}

function encodeToken(name: string): string {
  return Buffer.from(name, 'utf8').toString('base64url');
}

function decodeToken(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  if (typeof value !== 'string') throw invalidInput('NextToken: expected a string');
  return Buffer.from(value, 'base64url').toString('utf8');
}
