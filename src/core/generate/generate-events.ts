import type { Stream } from '../config/project.ts';
import { compileExpression } from '../expression/compile-expression.ts';
import { type Row, storedName, type Value } from '../schema/field.ts';
import { createFieldGenerator } from './field-generator.ts';
import { createRandomAccess } from './random-access.ts';

export type GeneratedKind = 'ok' | 'broken' | 'duplicate' | 'late';

export interface GeneratedEvent {
  readonly row: Row;
  readonly kind: GeneratedKind;
}

/** Every n-th event is planted as the fault; null plants none. */
export interface PlantedFaults {
  readonly brokenEvery: number | null;
  readonly duplicateEvery: number | null;
  readonly lateEvery: number | null;
}

export const NO_FAULTS: PlantedFaults = {
  brokenEvery: null,
  duplicateEvery: null,
  lateEvery: null,
};

export interface GeneratorRequest {
  readonly stream: Stream;
  readonly seed: string;
  readonly run: number;
  /** Event time of index 0; the indexes go up by 1 / eventsPerSecond. */
  readonly startMs: number;
  readonly eventsPerSecond: number;
  readonly faults: PlantedFaults;
}

/** How far behind the watermark a planted late event is. */
const LATE_BY_MICROS = 30_000_000n;

/**
 * Events as a pure function of seed, run and index, so that a killed run resumes at any index. Identity
 * is `<seed>-<run>-<index>` in the last text field of `identity`. A planted duplicate repeats the event
 * before it.
 */
export function createEventGenerator(request: GeneratorRequest): (index: number) => GeneratedEvent {
  const makeRow = createRowMaker(request);
  const breakRow = createRowBreaker(request.stream, makeRow(0));
  return (index) => {
    const kind = kindAt(request.faults, index, { breakable: breakRow !== null });
    switch (kind) {
      case 'ok':
        return { row: makeRow(index), kind };
      case 'duplicate':
        return { row: makeRow(index - 1), kind };
      case 'broken':
        return { row: breakRow!(makeRow(index)), kind };
      case 'late':
        return { row: delayRow(request.stream, makeRow(index)), kind };
    }
  };
}

/** How many of each kind a run of `events` plants. */
export function countKinds(
  request: Pick<GeneratorRequest, 'faults'>,
  events: number,
): Readonly<Record<GeneratedKind, number>> {
  const counts = { ok: 0, broken: 0, duplicate: 0, late: 0 };
  for (let index = 0; index < events; index++)
    counts[kindAt(request.faults, index, { breakable: true })]++;
  return counts;
}

/** A duplicate repeats an ordinary event, so its predecessor must not be a fault itself. */
function kindAt(
  faults: PlantedFaults,
  index: number,
  options: { readonly breakable: boolean },
): GeneratedKind {
  const fault = faultAt(faults, index);
  if (fault === 'duplicate')
    return index > 0 && faultAt(faults, index - 1) === 'ok' ? 'duplicate' : 'ok';
  return fault === 'broken' && !options.breakable ? 'ok' : fault;
}

function faultAt(faults: PlantedFaults, index: number): GeneratedKind {
  const hits = (every: number | null): boolean => every !== null && index % every === every - 1;
  if (hits(faults.brokenEvery)) return 'broken';
  if (hits(faults.lateEvery)) return 'late';
  return hits(faults.duplicateEvery) ? 'duplicate' : 'ok';
}

function createRowMaker(request: GeneratorRequest): (index: number) => Row {
  const { stream, seed, run } = request;
  const random = createRandomAccess(`${seed}/${run}/${stream.domain}.${stream.name}`);
  const idField = stream.fields.findLast(
    (field) =>
      field.type.kind === 'string' &&
      stream.identity.includes(field.name) &&
      stream.generate[field.name] === undefined,
  );
  // The key comes first: a walk is kept per key.
  const ordered = [...stream.fields].sort(
    (a, b) => Number(b.name === stream.key) - Number(a.name === stream.key),
  );
  const makers = ordered.map((field) => ({
    name: storedName(field),
    make: createFieldGenerator(field, stream.generate[field.name], { random, key: stream.key }),
  }));
  const jitter = random.derive('event time');
  return (index) => {
    const row: Record<string, Value> = {};
    for (const { name, make } of makers) row[name] = make(index, row);
    if (idField !== undefined) row[idField.name] = `${seed}-${run}-${index}`;
    if (stream.eventTime !== null)
      row[stream.eventTime] = eventTimeMicros(request, index, jitter.uniformAt(index));
    return row;
  };
}

/** Rises with the index; the jitter stays below half the watermark's delay, so no ordinary event is late. */
function eventTimeMicros(request: GeneratorRequest, index: number, jitter: number): bigint {
  const offsetMs = (index * 1000) / request.eventsPerSecond;
  const jitterMs = (jitter * request.stream.watermark.delayMs) / 2;
  return BigInt(request.startMs) * 1000n + BigInt(Math.trunc((offsetMs - jitterMs) * 1000));
}

function delayRow(stream: Stream, row: Row): Row {
  if (stream.eventTime === null) return row;
  const eventTime = row[stream.eventTime];
  if (typeof eventTime !== 'bigint') return row;
  return {
    ...row,
    [stream.eventTime]: eventTime - BigInt(stream.watermark.delayMs) * 1000n - LATE_BY_MICROS,
  };
}

/** Finds a number whose negation breaks a rejecting rule; null when no rule can be broken that way. */
function createRowBreaker(stream: Stream, sample: Row): ((row: Row) => Row) | null {
  const rules = stream.quality
    .filter((rule) => rule.onFail === 'reject')
    .map((rule) => compileExpression(rule.rule, stream.fields));
  for (const field of stream.fields) {
    const name = storedName(field);
    const broken = negative(sample[name] ?? null);
    if (broken === null) continue;
    if (rules.some((test) => test({ ...sample, [name]: broken }) !== true))
      return (row) => ({ ...row, [name]: broken });
  }
  return null;
}

function negative(value: Value): Value {
  if (typeof value === 'number') return -1;
  return typeof value === 'bigint' ? -1n : null;
}
