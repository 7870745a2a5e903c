import type { Stream } from '../config/project.ts';
import { SluiceError } from '../errors.ts';
import { type Field, type Row, storedName, type Value } from '../schema/field.ts';
import { createFieldGenerator } from './field-generator.ts';
import { createIdentity, type Identity } from './identity-generator.ts';
import { type GeneratedKind, kindAt, type PlantedFaults } from './planted-faults.ts';
import { createRandomAccess, type RandomAccess } from './random-access.ts';
import { createRowBreaker } from './row-breaker.ts';

export { type GeneratedKind, NO_FAULTS, type PlantedFaults } from './planted-faults.ts';

export interface GeneratedEvent {
  readonly row: Row;
  readonly kind: GeneratedKind;
}

/** What the generator needs of a stream. */
export type GeneratedStream = Pick<
  Stream,
  | 'domain'
  | 'name'
  | 'key'
  | 'fields'
  | 'identity'
  | 'eventTime'
  | 'watermark'
  | 'quality'
  | 'generate'
>;

export interface GeneratorRequest {
  readonly stream: GeneratedStream;
  readonly seed: string;
  readonly run: number;
  /** Event time of index 0; event times go up by 1 / eventsPerSecond. */
  readonly startMs: number;
  readonly eventsPerSecond: number;
  readonly faults: PlantedFaults;
}

/** How far behind the watermark a planted late event is, besides some periods of the stream. */
const LATE_BY_MICROS = 30_000_000;
const LATE_BY_EVENTS = 20;

/**
 * Events as a pure function of seed, run and index, with nothing carried from one to the next: a killed run resumes
 * at any index at no cost. One field of the identity carries seed, run and index. A planted duplicate repeats the
 * event before it, so that both can travel in one aggregated record.
 * Throws CONFIG_INVALID when the stream's generators do not fit its fields, or planted faults cannot be made.
 */
export function createEventGenerator(request: GeneratorRequest): (index: number) => GeneratedEvent {
  const { stream, faults } = request;
  const makeRow = createRowMaker(request);
  const breakRow = faults.brokenEvery === null ? null : createRowBreaker(stream, makeRow(0));
  const delayRow = faults.lateEvery === null ? null : createRowDelayer(request);
  if (faults.brokenEvery !== null && breakRow === null) {
    throw new SluiceError(
      'CONFIG_INVALID',
      `stream ${stream.name}: no rejecting quality rule that a negative, missing or empty value breaks; plant no broken events`,
    );
  }
  return (index) => {
    const kind = kindAt(faults, index);
    if (kind === 'duplicate') return { row: makeRow(index - 1), kind };
    const row = makeRow(index);
    if (kind === 'broken' && breakRow !== null) return { row: breakRow(row), kind };
    if (kind === 'late' && delayRow !== null) return { row: delayRow(row), kind };
    return { row, kind };
  };
}

/**
 * Of the faults asked for those that the stream can have: an event is broken only by a rejecting quality rule that a simple change
 * breaks, and late only by an event time field.
 */
export function possibleFaults(request: GeneratorRequest): PlantedFaults {
  const { stream, faults } = request;
  const breaks = (): boolean => createRowBreaker(stream, createRowMaker(request)(0)) !== null;
  return {
    ...faults,
    brokenEvery: faults.brokenEvery !== null && breaks() ? faults.brokenEvery : null,
    lateEvery: eventTimeField(stream) === null ? null : faults.lateEvery,
  };
}

/** How many events of each kind the first `events` indexes give. */
export function countKinds(
  request: Pick<GeneratorRequest, 'faults'>,
  events: number,
): Readonly<Record<GeneratedKind, number>> {
  const counts = { ok: 0, broken: 0, duplicate: 0, late: 0 };
  for (let index = 0; index < events; index++) counts[kindAt(request.faults, index)]++;
  return counts;
}

function createRowMaker(request: GeneratorRequest): (index: number) => Row {
  const { stream, seed, run } = request;
  const random = createRandomAccess(`${seed}/${run}/${stream.domain}.${stream.name}`);
  const identity = createIdentity(stream, { label: `${seed}-${run}`, random });
  const keyField = stream.fields.find((field) => field.name === stream.key);
  const key = keyField === undefined ? stream.key : storedName(keyField);
  // The key comes first: a walk is kept per key.
  const ordered = [...stream.fields].sort(
    (a, b) => Number(b.name === stream.key) - Number(a.name === stream.key),
  );
  const makers = ordered.map((field) => ({
    name: storedName(field),
    make: createFieldGenerator(field, stream.generate[field.name], { random, key }),
  }));
  const eventTime = eventTimeField(stream);
  const timeAt = createEventTime(request, { identity, random });
  return (index) => {
    const row: Record<string, Value> = {};
    if (identity.kind === 'field') row[identity.name] = identity.valueAt(index);
    for (const { name, make } of makers) row[name] ??= make(index, row);
    if (eventTime !== null) row[eventTime.name] = timeAt(index);
    return row;
  };
}

function eventTimeField(stream: GeneratedStream): Field | null {
  const field = stream.fields.find((candidate) => candidate.name === stream.eventTime);
  const isTime = field?.type.kind === 'timestamp_micros' || field?.type.kind === 'timestamp_millis';
  return field !== undefined && isTime ? field : null;
}

/**
 * Event times rise with the index but for jitter of up to half the watermark's delay, so that no ordinary event is
 * late. Where the event time alone tells events apart there is no jitter.
 */
function createEventTime(
  request: GeneratorRequest,
  options: { readonly identity: Identity; readonly random: RandomAccess },
): (index: number) => bigint {
  const { stream, eventsPerSecond, startMs } = request;
  const jitter = options.random.derive('event time');
  const jitterMs = options.identity.kind === 'eventTime' ? 0 : stream.watermark.delayMs / 2;
  const unitMicros = eventTimeField(stream)?.type.kind === 'timestamp_millis' ? 1_000n : 1n;
  if (options.identity.kind === 'eventTime' && eventsPerSecond * Number(unitMicros) > 1_000_000) {
    throw new SluiceError(
      'CONFIG_INVALID',
      `stream ${stream.name}: ${eventsPerSecond} events per second share event times, but only the event time tells them apart; use a lower rate`,
    );
  }
  const startMicros = BigInt(Math.trunc(startMs)) * 1_000n;
  return (index) => {
    const offsetMs = (index * 1_000) / eventsPerSecond - jitter.uniformAt(index) * jitterMs;
    const micros = startMicros + BigInt(Math.floor(offsetMs * 1_000));
    return micros - (((micros % unitMicros) + unitMicros) % unitMicros);
  };
}

/** Moves the event time behind any watermark the events before can have made. */
function createRowDelayer(request: GeneratorRequest): ((row: Row) => Row) | null {
  const { stream, eventsPerSecond } = request;
  const field = eventTimeField(stream);
  if (field === null) {
    throw new SluiceError(
      'CONFIG_INVALID',
      `stream ${stream.name}: without an event time field no event is late; plant no late events`,
    );
  }
  const periodMicros = 1_000_000 / eventsPerSecond;
  const behind = stream.watermark.delayMs * 1_000 + LATE_BY_MICROS + LATE_BY_EVENTS * periodMicros;
  // Half a period off the others: where the event time tells events apart, a late one meets none of them.
  const behindMicros = BigInt(Math.floor((Math.ceil(behind / periodMicros) + 0.5) * periodMicros));
  const unitMicros = field.type.kind === 'timestamp_millis' ? 1_000n : 1n;
  const offsetMicros = behindMicros - (behindMicros % unitMicros);
  return (row) => ({ ...row, [field.name]: (row[field.name] as bigint) - offsetMicros });
}
