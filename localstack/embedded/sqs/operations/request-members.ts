import { LOCAL_ACCOUNT } from '#embedded/services.ts';
import type { Queue } from '../queue.ts';
import type { QueueStore } from '../queue-store.ts';
import {
  invalidParameter,
  missingParameter,
  prefixedError,
  queueDoesNotExist,
} from '../sqs-error.ts';

/** Members of a request in the JSON protocol. */
export type Input = Readonly<Record<string, unknown>>;

export function optionalText(input: Input, member: string): string | undefined {
  const value = input[member] ?? undefined;
  if (value === undefined || typeof value === 'string') return value;
  throw invalidParameter(`Value for parameter ${member} is invalid. Reason: expected a string.`);
}

/** Throws MissingParameter when it is not there or empty. */
export function requireText(input: Input, member: string): string {
  const value = optionalText(input, member);
  if (value === undefined || value === '') throw missingParameter(member);
  return value;
}

export function optionalInteger(
  input: Input,
  member: string,
  range: { readonly min: number; readonly max: number },
): number | undefined {
  const value = input[member] ?? undefined;
  if (value === undefined) return undefined;
  const isInside =
    typeof value === 'number' &&
    Number.isInteger(value) &&
    value >= range.min &&
    value <= range.max;
  if (isInside) return value;
  throw invalidParameter(
    `Value ${String(value)} for parameter ${member} is invalid. Reason: Must be between ${range.min} and ${range.max}, if provided.`,
  );
}

export function optionalTexts(input: Input, member: string): readonly string[] {
  const value = input[member] ?? [];
  if (Array.isArray(value) && value.every((each) => typeof each === 'string')) return value;
  throw invalidParameter(`Value for parameter ${member} is invalid. Reason: expected strings.`);
}

export function optionalStructure(input: Input, member: string): Input | undefined {
  const value = input[member] ?? undefined;
  if (value === undefined) return undefined;
  if (typeof value === 'object' && !Array.isArray(value)) return value as Input;
  throw invalidParameter(`Value for parameter ${member} is invalid. Reason: expected a structure.`);
}

/** A map of texts: attributes, tags. */
export function textMap(input: Input, member: string): Readonly<Record<string, string>> {
  const map = optionalStructure(input, member) ?? {};
  for (const name of Object.keys(map)) optionalText(map, name);
  return map as Readonly<Record<string, string>>;
}

/** Entries of a batch. Source: Amazon SQS developer guide, "Amazon SQS batch actions". */
export function batchEntries(input: Input): readonly (Input & { readonly Id: string })[] {
  const entries = input['Entries'] ?? [];
  if (!Array.isArray(entries) || entries.length === 0) {
    throw prefixedError('EmptyBatchRequest', 'There should be at least one entry in the request.');
  }
  if (entries.length > MAX_BATCH) {
    const message = `Maximum number of entries per request are ${MAX_BATCH}. You have sent ${entries.length}.`;
    throw prefixedError('TooManyEntriesInBatchRequest', message);
  }
  const ids = new Set<string>();
  return entries.map((entry: unknown) => {
    const { Id } = (entry ?? {}) as { readonly Id?: unknown };
    if (typeof Id !== 'string' || !/^[\w-]{1,80}$/.test(Id)) {
      throw prefixedError(
        'InvalidBatchEntryId',
        'A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.',
      );
    }
    if (ids.has(Id)) throw prefixedError('BatchEntryIdsNotDistinct', `Id ${Id} repeated.`);
    ids.add(Id);
    return entry as Input & { readonly Id: string };
  });
}

const MAX_BATCH = 10;

/** The queue of a request. Throws QueueDoesNotExist. */
export function requireQueue(store: QueueStore, input: Input): Queue {
  return store.require(queueNameOf(requireText(input, 'QueueUrl')));
}

/** The name at the end of a queue's URL, whatever the host. */
export function queueNameOf(queueUrl: string): string {
  const [account, name, ...rest] = queueUrl.replace(/^https?:\/\/[^/]*\//, '').split('/');
  if (rest.length > 0 || name === undefined || account !== LOCAL_ACCOUNT) throw queueDoesNotExist();
  return name;
}
