import { AwsError } from '#embedded/gateway/json-protocol.ts';
import { LOCAL_ACCOUNT, LOCAL_REGION } from '#embedded/services.ts';

/** Members of a Kinesis request, read with the constraints and messages of the service model. */
export type RequestInput = Readonly<Record<string, unknown>>;

/** Longest part of a refused value that an error message repeats. */
const SHOWN_VALUE_CHARS = 200;
const NAME_PATTERN = /^[a-zA-Z0-9_.-]+$/;
const STREAM_ARN_PATTERN = /^arn:aws[\w-]*:kinesis:([^:]*):(\d{12}):stream\/([a-zA-Z0-9_.-]+)$/;
const HASH_KEY_PATTERN = /^(0|[1-9]\d{0,38})$/;
const BASE64_PATTERN = /^[A-Za-z0-9+/]*={0,2}$/;

export function constraintViolation(member: string, value: unknown, constraint: string): AwsError {
  const shown = value === undefined || value === null ? 'null' : `'${showValue(value)}'`;
  const name = member.charAt(0).toLowerCase() + member.slice(1);
  return new AwsError(
    'ValidationException',
    `1 validation error detected: Value ${shown} at '${name}' failed to satisfy constraint: ${constraint}`,
  );
}

function showValue(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.slice(0, SHOWN_VALUE_CHARS);
}

export function invalidArgument(message: string): AwsError {
  return new AwsError('InvalidArgumentException', message);
}

function typeMismatch(member: string, expected: string): AwsError {
  return new AwsError('SerializationException', `${member} can not be converted to ${expected}`);
}

export function optionalString(input: RequestInput, member: string): string | undefined {
  const value = input[member];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') throw typeMismatch(member, 'a String');
  return value;
}

export function requireString(input: RequestInput, member: string): string {
  const value = optionalString(input, member);
  if (value === undefined) throw constraintViolation(member, value, 'Member must not be null');
  return value;
}

/** A stream or shard name. */
export function optionalName(input: RequestInput, member: string): string | undefined {
  const value = optionalString(input, member);
  if (value === undefined) return undefined;
  if (!NAME_PATTERN.test(value)) {
    throw constraintViolation(
      member,
      value,
      'Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+',
    );
  }
  if (value.length > 128) {
    throw constraintViolation(member, value, 'Member must have length less than or equal to 128');
  }
  return value;
}

export function requireName(input: RequestInput, member: string): string {
  const value = optionalName(input, member);
  if (value === undefined) throw constraintViolation(member, value, 'Member must not be null');
  return value;
}

export function optionalInteger(
  input: RequestInput,
  member: string,
  range: { readonly min: number; readonly max: number },
): number | undefined {
  const value = input[member];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'number' || !Number.isInteger(value)) {
    throw typeMismatch(member, 'an Integer');
  }
  if (value < range.min) {
    const constraint = `Member must have value greater than or equal to ${range.min}`;
    throw constraintViolation(member, value, constraint);
  }
  if (value > range.max) {
    const constraint = `Member must have value less than or equal to ${range.max}`;
    throw constraintViolation(member, value, constraint);
  }
  return value;
}

export function requireInteger(
  input: RequestInput,
  member: string,
  range: { readonly min: number; readonly max: number },
): number {
  const value = optionalInteger(input, member, range);
  if (value === undefined) throw constraintViolation(member, value, 'Member must not be null');
  return value;
}

/** Epoch seconds with a fraction, as milliseconds. */
export function optionalTimestampMs(input: RequestInput, member: string): number | undefined {
  const value = input[member];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'number') throw typeMismatch(member, 'milliseconds since epoch');
  return Math.round(value * 1000);
}

/** A 128-bit decimal number without leading zeros; up to 39 digits, so that the range stays to be checked. */
export function optionalHashKey(input: RequestInput, member: string): bigint | undefined {
  const value = optionalString(input, member);
  if (value === undefined) return undefined;
  if (!HASH_KEY_PATTERN.test(value)) {
    throw constraintViolation(
      member,
      value,
      'Member must satisfy regular expression pattern: 0|([1-9]\\d{0,38})',
    );
  }
  return BigInt(value);
}

export function requireBlob(input: RequestInput, member: string): Buffer {
  const value = requireString(input, member);
  if (value.length % 4 !== 0 || !BASE64_PATTERN.test(value)) throw typeMismatch(member, 'a Blob');
  return Buffer.from(value, 'base64');
}

/** The stream a request names by StreamName, StreamARN or both. */
export function requireStreamName(input: RequestInput): string {
  const name = optionalName(input, 'StreamName');
  const arn = optionalString(input, 'StreamARN');
  if (arn === undefined) {
    if (name === undefined) {
      throw constraintViolation('StreamName', name, 'Member must not be null');
    }
    return name;
  }
  const [, region, account, arnName] = STREAM_ARN_PATTERN.exec(arn) ?? [];
  if (arnName === undefined) {
    const constraint =
      'Member must satisfy regular expression pattern: arn:aws.*:kinesis:.*:\\d{12}:stream/\\S+';
    throw constraintViolation('StreamARN', arn, constraint);
  }
  if (region !== LOCAL_REGION || account !== LOCAL_ACCOUNT) {
    throw new AwsError(
      'ResourceNotFoundException',
      `Stream ${arn} not found; this endpoint holds account ${LOCAL_ACCOUNT} in ${LOCAL_REGION}.`,
    );
  }
  if (name !== undefined && name !== arnName) {
    throw invalidArgument(`StreamARN ${arn} does not belong to StreamName ${name}.`);
  }
  return arnName;
}
