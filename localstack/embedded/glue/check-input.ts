import { AwsError } from '../gateway/json-protocol.ts';
import { LOCAL_ACCOUNT } from '../services.ts';

/** A request or one of its structures. */
export type Input = Readonly<Record<string, unknown>>;

/** Longest database, table and column name. Source: AWS Glue API, `NameString`. */
const MAX_NAME_LENGTH = 255;

export function invalidInput(message: string): AwsError {
  return new AwsError('InvalidInputException', message);
}

/** Refuses members outside the list, so that nothing a client asks for is silently ignored. */
export function refuseUnknownMembers(input: Input, known: readonly string[], where: string): void {
  const unknown = Object.keys(input).filter(
    (key) => !known.includes(key) && input[key] !== undefined && input[key] !== null,
  );
  if (unknown.length > 0) {
    throw invalidInput(`the local cloud does not emulate ${unknown.join(', ')} of ${where}`);
  }
}

/** Only the account's own catalog exists. */
export function checkCatalogId(input: Input): void {
  const id = input['CatalogId'];
  if (id !== undefined && id !== null && id !== LOCAL_ACCOUNT) {
    throw new AwsError('EntityNotFoundException', `Catalog ${String(id)} not found.`);
  }
}

/** A database or table name: 1 to 255 characters, stored in lower case. */
export function requiredName(input: Input, member: string): string {
  const value = input[member];
  if (typeof value !== 'string' || value.length === 0 || value.length > MAX_NAME_LENGTH) {
    throw invalidInput(
      `${member}: expected a string of 1 to ${MAX_NAME_LENGTH} characters, got ${describe(value)}`,
    );
  }
  if (hasControlCharacter(value)) {
    throw invalidInput(`${member}: expected a name without control characters`);
  }
  return value.toLowerCase();
}

export function optionalString(input: Input, member: string): string | null {
  const value = input[member];
  if (value === undefined || value === null) return null;
  if (typeof value !== 'string') {
    throw invalidInput(`${member}: expected a string, got ${describe(value)}`);
  }
  return value;
}

export function requiredStructure(input: Input, member: string): Input {
  const value = input[member];
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw invalidInput(`${member}: expected a structure, got ${describe(value)}`);
  }
  return value as Input;
}

function hasControlCharacter(text: string): boolean {
  for (const character of text) {
    if (character < ' ') return true;
  }
  return false;
}

function describe(value: unknown): string {
  return typeof value === 'string' ? `${value.length} characters` : typeof value;
}
