import { AwsError } from '../../gateway/json-protocol.ts';

export type Input = Readonly<Record<string, unknown>>;

/** What Athena answers to a request it cannot take. */
export function invalidRequest(message: string): AwsError {
  return new AwsError('InvalidRequestException', message);
}

/** Refuses members outside the list, so that nothing a client asks for is silently ignored. */
export function refuseUnknownMembers(input: Input, known: readonly string[], where: string): void {
  const unknown = Object.keys(input).filter(
    (key) => !known.includes(key) && input[key] !== undefined && input[key] !== null,
  );
  if (unknown.length > 0) {
    throw invalidRequest(`the local cloud does not emulate ${unknown.join(', ')} of ${where}`);
  }
}

export function requiredString(input: Input, member: string): string {
  const value = input[member];
  if (typeof value === 'string' && value !== '') return value;
  throw invalidRequest(`${member}: expected a string`);
}

export function optionalString(input: Input, member: string): string | null {
  const value = input[member];
  if (value === undefined || value === null) return null;
  if (typeof value === 'string') return value;
  throw invalidRequest(`${member}: expected a string`);
}

export function optionalStructure(input: Input, member: string): Input {
  const value = input[member];
  if (value === undefined || value === null) return {};
  if (typeof value === 'object' && !Array.isArray(value)) return value as Input;
  throw invalidRequest(`${member}: expected a structure`);
}

export function optionalStrings(input: Input, member: string): readonly string[] {
  const value = input[member];
  if (value === undefined || value === null) return [];
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
  throw invalidRequest(`${member}: expected a list of strings`);
}

/** Page size within the operation's bounds. */
export function pageSize(input: Input, max: number): number {
  const value = input['MaxResults'];
  if (value === undefined || value === null) return max;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= max) {
    return value;
  }
  throw invalidRequest(`MaxResults: expected 1 to ${max}`);
}

/** Position a page token stands for, 0 without one. */
export function pageStart(input: Input): number {
  const token = optionalString(input, 'NextToken');
  if (token === null) return 0;
  if (/^\d{1,15}$/.test(token)) return Number(token);
  throw invalidRequest('NextToken: not a token of this operation');
}

/** One page of a list, by position. */
export function pageOf<T>(
  items: readonly T[],
  input: Input,
  max: number,
): { readonly page: readonly T[]; readonly nextToken: string | undefined } {
  const start = pageStart(input);
  const end = start + pageSize(input, max);
  return {
    page: items.slice(start, end),
    nextToken: end < items.length ? String(end) : undefined,
  };
}
