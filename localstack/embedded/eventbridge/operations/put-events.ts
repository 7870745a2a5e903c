import { LOCAL_ACCOUNT, LOCAL_REGION } from '#embedded/services.ts';
import type { BusEvent, EventDelivery } from '../event-delivery.ts';
import { validationError } from '../eventbridge-error.ts';
import { DEFAULT_BUS, type RuleStore } from '../rule-store.ts';
import { isoSeconds } from '../target-input.ts';
import { busNameOf, type Input } from './request-members.ts';

/** Source: EventBridge API reference, PutEvents. */
const MAX_ENTRIES = 10;
/** Of one request: 1 MiB. Source: EventBridge user guide, "Calculating PutEvents event entry size". */
const MAX_REQUEST_BYTES = 1_048_576;

export interface EventContext {
  readonly rules: RuleStore;
  readonly delivery: EventDelivery;
  readonly nowMs: () => number;
  readonly newId: () => string;
}

interface EntryFailure {
  readonly ErrorCode: string;
  readonly ErrorMessage: string;
}

/** Every entry by itself; what has an EventId is durable. */
export function putEvents(context: EventContext, input: Input): unknown {
  const entries = input['Entries'];
  if (!Array.isArray(entries) || entries.length < 1 || entries.length > MAX_ENTRIES) {
    throw validationError(
      `1 validation error detected: Value at 'entries' failed to satisfy constraint: Member must have length between 1 and ${MAX_ENTRIES}`,
    );
  }
  if ((input['EndpointId'] ?? null) !== null) {
    throw validationError(
      'the local cloud does not emulate global endpoints; leave EndpointId out',
    );
  }
  const sizeBytes = entries.reduce((sum: number, entry) => sum + sizeOf(entry), 0);
  if (sizeBytes > MAX_REQUEST_BYTES) {
    throw validationError(
      `Total size of the entries in the request is over the limit of ${MAX_REQUEST_BYTES} bytes.`,
    );
  }
  const results = entries.map((entry) => putEntry(context, entry as Input));
  const FailedEntryCount = results.filter((result) => 'ErrorCode' in result).length;
  return { FailedEntryCount, Entries: results };
}

function putEntry(
  context: EventContext,
  entry: Input,
): { readonly EventId: string } | EntryFailure {
  for (const member of ['Source', 'DetailType', 'Detail']) {
    if (typeof entry[member] !== 'string' || entry[member] === '') {
      return failure(
        'InvalidArgument',
        `Parameter ${member} is not valid. Reason: ${member} is a required argument.`,
      );
    }
  }
  const source = String(entry['Source']);
  if (source.startsWith('aws.')) {
    return failure('NotAuthorizedForSource', `Not authorized for the source ${source}.`);
  }
  const detail = parseDetail(String(entry['Detail']));
  if (detail === null) return failure('MalformedDetail', 'Detail is malformed.');
  const busName =
    entry['EventBusName'] === undefined ? DEFAULT_BUS : busNameOf(String(entry['EventBusName']));
  if (context.rules.bus(busName) === undefined) {
    return failure('InvalidArgument', `Event bus ${busName} does not exist.`);
  }
  const time = typeof entry['Time'] === 'number' ? entry['Time'] * 1000 : context.nowMs();
  const event = {
    version: '0',
    id: context.newId(),
    'detail-type': String(entry['DetailType']),
    source,
    account: LOCAL_ACCOUNT,
    time: isoSeconds(time),
    region: LOCAL_REGION,
    resources: Array.isArray(entry['Resources']) ? entry['Resources'] : [],
    detail,
  };
  acceptEvent(context, busName, event);
  return { EventId: event.id };
}

/** Keeps an event for the targets of every rule that it matches. */
export function acceptEvent(
  { rules, delivery }: EventContext,
  busName: string,
  event: BusEvent,
): void {
  delivery.accept(busName, event, rules.matching(busName, event));
}

function parseDetail(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const detail: unknown = JSON.parse(text);
    const isObject = detail !== null && typeof detail === 'object' && !Array.isArray(detail);
    return isObject ? (detail as Readonly<Record<string, unknown>>) : null;
  } catch {
    return null;
  }
}

function failure(ErrorCode: string, ErrorMessage: string): EntryFailure {
  return { ErrorCode, ErrorMessage };
}

function sizeOf(entry: unknown): number {
  const { Source, DetailType, Detail, Resources, Time } = (entry ?? {}) as Input;
  const texts = [Source, DetailType, Detail, ...(Array.isArray(Resources) ? Resources : [])];
  const length = texts.reduce<number>(
    (sum, text) => sum + (typeof text === 'string' ? Buffer.byteLength(text) : 0),
    0,
  );
  return length + (Time === undefined ? 0 : 14);
}
