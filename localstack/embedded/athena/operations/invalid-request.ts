import { AwsError } from '../../gateway/json-protocol.ts';

export type Input = Readonly<Record<string, unknown>>;

/** `AthenaErrorCode` of a refused request. Source: measured on Athena engine version 3. */
export type AthenaErrorCode =
  | 'DATACATALOG_NOT_FOUND'
  | 'IDEMPOTENT_PARAMETER_MISMATCH'
  | 'INVALID_INPUT'
  | 'INVALID_QUERY_EXECUTION_STATE'
  | 'MALFORMED_QUERY'
  | 'QUERY_EXECUTION_NOT_FOUND'
  | 'RESULT_NOT_FOUND';

/** An error with the members that Athena's bodies have. */
class AthenaError extends AwsError {
  override readonly members: Readonly<Record<string, unknown>>;

  constructor(code: string, message: string, errorCode: AthenaErrorCode | null) {
    super(code, message);
    const named = errorCode === null ? {} : { AthenaErrorCode: errorCode, ErrorCode: errorCode };
    this.members = { ...named, Message: message };
  }
}

/** What Athena answers to a request it cannot take. */
export function invalidRequest(
  message: string,
  errorCode: AthenaErrorCode = 'INVALID_INPUT',
): AwsError {
  return new AthenaError('InvalidRequestException', message, errorCode);
}

/** A member outside the bounds of the API's model, in the words of AWS's own check. */
export function violates(value: string, constraint: string): AwsError {
  return invalidRequest(
    `1 validation error detected: Value ${value} failed to satisfy constraint: Member must ${constraint}`,
  );
}

/** A member of another JSON type than the API's model has. */
function wrongType(value: unknown, wanted: 'a String' | 'an Integer'): AwsError {
  if (Array.isArray(value)) return serialization('Start of list found where not expected');
  if (typeof value === 'object') {
    return serialization('Start of structure or map found where not expected.');
  }
  const kinds = { string: 'STRING', number: 'NUMBER', boolean: value === true ? 'TRUE' : 'FALSE' };
  const kind = kinds[typeof value as keyof typeof kinds];
  return serialization(`${kind}_VALUE can not be converted to ${wanted}`);
}

function serialization(message: string): AwsError {
  return new AthenaError('SerializationException', message, null);
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
  const value = optionalString(input, member);
  const name = `'${lowerCamel(member)}'`;
  if (value === null) throw violates(`null at ${name}`, 'not be null');
  if (value === '') throw violates(`at ${name}`, 'have length greater than or equal to 1');
  return value;
}

export function optionalString(input: Input, member: string): string | null {
  const value = input[member];
  if (value === undefined || value === null) return null;
  if (typeof value === 'string') return value;
  throw wrongType(value, 'a String');
}

export function optionalStructure(input: Input, member: string): Input {
  const value = input[member];
  if (value === undefined || value === null) return {};
  if (typeof value === 'object' && !Array.isArray(value)) return value as Input;
  throw serialization('Expected null');
}

export function optionalStrings(input: Input, member: string): readonly string[] {
  const value = input[member];
  if (value === undefined || value === null) return [];
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
  throw serialization('Expected list or null');
}

export function optionalBoolean(input: Input, member: string): boolean | null {
  const value = input[member];
  if (value === undefined || value === null) return null;
  if (typeof value === 'boolean') return value;
  throw serialization(`${member} is no Boolean`);
}

/** Page size from 1 on; null when the request names none. What is too large each operation says itself. */
export function pageSize(input: Input): number | null {
  const value = input['MaxResults'];
  if (value === undefined || value === null) return null;
  if (typeof value !== 'number') throw wrongType(value, 'an Integer');
  if (value < 1) throw violates(`at 'maxResults'`, 'have value greater than or equal to 1');
  return Math.floor(value);
}

/** Position a page token stands for, 0 without one. */
export function pageStart(input: Input, describe: (token: string) => string): number {
  const token = optionalString(input, 'NextToken');
  if (token === null) return 0;
  if (token === '') throw violates(`at 'nextToken'`, 'have length greater than or equal to 1');
  if (/^\d{1,15}$/.test(token)) return Number(token);
  throw invalidRequest(describe(token));
}

/** One page of a list, by position. */
export function pageOf<T>(
  items: readonly T[],
  input: Input,
  max: number,
): { readonly page: readonly T[]; readonly nextToken: string | undefined } {
  const size = pageSize(input) ?? max;
  if (size > max) throw violates(`at 'maxResults'`, `have value less than or equal to ${max}`);
  const start = pageStart(input, (token) => `The nextPageToken is malformed: ${token}`);
  const end = start + size;
  return {
    page: items.slice(start, end),
    nextToken: end < items.length ? String(end) : undefined,
  };
}

function lowerCamel(member: string): string {
  return member.charAt(0).toLowerCase() + member.slice(1);
}
