import { validationError } from '../eventbridge-error.ts';
import { DEFAULT_BUS } from '../rule-store.ts';

/** Members of a request. */
export type Input = Readonly<Record<string, unknown>>;

export function optionalText(input: Input, member: string): string | undefined {
  const value = input[member] ?? undefined;
  if (value === undefined || typeof value === 'string') return value;
  throw validationError(`${member}: expected a string`);
}

export function requireName(input: Input, member: string): string {
  const value = optionalText(input, member);
  if (value !== undefined && /^[\w.-]{1,64}$/.test(value)) return value;
  const shown = value === undefined ? 'null' : `'${value.slice(0, 80)}'`;
  throw validationError(
    `1 validation error detected: Value ${shown} at '${member.charAt(0).toLowerCase()}${member.slice(1)}' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\.\\-_A-Za-z0-9]+`,
  );
}

/** The bus of a request, by name or ARN. */
export function busNameOf(nameOrArn: string | undefined): string {
  if (nameOrArn === undefined) return DEFAULT_BUS;
  return nameOrArn.startsWith('arn:') ? nameOrArn.slice(nameOrArn.indexOf('/') + 1) : nameOrArn;
}

/** Refuses members that are not emulated, by name. */
export function requireEmulated(input: Input, members: readonly string[]): void {
  const unknown = Object.keys(input).filter(
    (name) => !members.includes(name) && input[name] !== null,
  );
  if (unknown.length === 0) return;
  throw validationError(`the local cloud does not emulate ${unknown.join(', ')}; leave it out`);
}

const MAX_PAGE = 100;

/** A token is the number of entries before the page. */
export function pageOf<T>(
  entries: readonly T[],
  input: Input,
): { readonly page: readonly T[]; readonly next: { readonly NextToken?: string } } {
  const limit = typeof input['Limit'] === 'number' ? input['Limit'] : MAX_PAGE;
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_PAGE) {
    throw validationError(`Limit is ${limit}, expected 1 to ${MAX_PAGE}`);
  }
  const start = Number(optionalText(input, 'NextToken') ?? '0');
  if (!Number.isInteger(start) || start < 0) throw validationError('NextToken is not valid');
  const end = start + limit;
  return {
    page: entries.slice(start, end),
    next: end < entries.length ? { NextToken: String(end) } : {},
  };
}
