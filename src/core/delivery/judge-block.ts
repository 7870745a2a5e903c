import { gather } from '../columns/gather.ts';
import { type ReadValue, rowReader } from '../columns/read-value.ts';
import { createRowView } from '../columns/row-view.ts';
import type { Vector } from '../columns/vector.ts';
import { EXTRA_COLUMN } from '../schema/extra-fields.ts';
import { type Row, storedName } from '../schema/field.ts';
import {
  createMappedColumn,
  type EvaluatedRows,
  type MappedColumn,
  rowEvaluator,
} from './evaluate-rows.ts';
import { createPartitionKeys, payloadOf, positionOf } from './event-arena.ts';
import { type BlockRun, decodingFailure, type EventBlock } from './event-block.ts';
import { createEventTimes, type EventTimes } from './event-times.ts';
import { createFlagColumn, type FlagColumn } from './flag-column.ts';
import { judgeRow } from './judge-row.ts';
import type { JudgedBlock } from './judged-block.ts';
import { type DiscardedEvent, processingFailure, type SourceEvent } from './judged-event.ts';
import type { StreamPlan } from './stream-plan.ts';
import { type FindSuspects, suspectFinder } from './suspect-values.ts';

/**
 * Judges the events of a block: the verdicts and reasons of judgeEvent, column by column. Columns only tell which
 * rows are accepted without doubt; about any other row judgeRow decides. Never throws for an event: one at which our
 * code fails is undecodable.
 */
export function judgeBlock(block: EventBlock): JudgedBlock {
  const judging = startJudging(block);
  for (const run of block.runs) judgeRun(judging, run);
  const mapped = judging.mapped.map((column) => column.finish());
  for (const run of block.runs) checkMapped(judging, run, mapped);
  const { arena, events, length, fields, vectors, extras } = block;
  return {
    plan: judging.plan,
    length,
    records: arena.records,
    recordOf: judging.recordOf,
    subSequences: gather(arena.subSequences, events),
    accepted: judging.accepted,
    discarded: discardedEvents(judging),
    schemaVersions: schemaVersionsOf(block),
    eventTimes: judging.times.values,
    fields,
    vectors,
    mapped,
    flags: judging.flags.finish(),
    extras,
    sourceOf: judging.sourceOf,
  };
}

type Discard =
  | { readonly kind: 'rejected'; readonly reason: string; readonly row: Row }
  | { readonly kind: 'undecodable'; readonly reason: string };

interface Judging {
  readonly block: EventBlock;
  readonly plan: StreamPlan;
  readonly rows: EvaluatedRows;
  readonly stepsOf: (plan: StreamPlan) => PlanSteps;
  /** Row as an object of its own. */
  readonly materialize: (row: number) => Row;
  readonly recordOf: Int32Array;
  readonly sourceOf: (row: number) => SourceEvent;
  readonly accepted: Uint8Array;
  readonly discards: Map<number, Discard>;
  readonly times: EventTimes;
  readonly mapped: readonly MappedColumn[];
  readonly flags: FlagColumn;
}

function startJudging(block: EventBlock): Judging {
  const { fields, vectors, length, arena, events } = block;
  const [run] = block.runs;
  if (run === undefined) throw new RangeError('expected a block with events, got none');
  const { plan } = run.reader;
  const byName = new Map(fields.map((field, index) => [storedName(field), vectors[index]!]));
  const rows = { view: createRowView(fields, vectors), vectors: byName };
  const read = rowReader(fields, vectors);
  const recordOf = gather(arena.recordOf, events);
  return {
    block,
    plan,
    rows,
    stepsOf: createPlanSteps(rows),
    materialize: (row) => {
      const extra = block.extras.get(row);
      return extra === undefined ? read(row) : { ...read(row), [EXTRA_COLUMN]: extra };
    },
    recordOf,
    sourceOf: sourceReader(block),
    accepted: new Uint8Array(length).fill(1),
    discards: new Map(),
    times: createEventTimes(
      plan.stream.eventTime === null ? null : (byName.get(plan.stream.eventTime) ?? null),
      { length, arrivals: arena.records, recordOf },
    ),
    mapped: plan.stream.mapping.map(({ type }) => createMappedColumn(type, rows, length)),
    flags: createFlagColumn(length),
  };
}

function discard(judging: Judging, row: number, why: Discard): void {
  judging.accepted[row] = 0;
  judging.discards.set(row, why);
}

/** Every step passes over rows that one before it discarded. */
function judgeRun(judging: Judging, run: BlockRun): void {
  const { from, to, reader } = run;
  const { ok } = judging.block;
  for (let row = ok.indexOf(0, from); row >= 0 && row < to; row = ok.indexOf(0, row + 1)) {
    const reason = decodingFailure(judging.block, row, reader);
    discard(judging, row, { kind: 'undecodable', reason });
  }
  const suspect = (row: number) => {
    if (judging.accepted[row] === 1) reconsider(judging, row, reader.plan);
  };
  const steps = judging.stepsOf(reader.plan);
  for (const find of steps.finders) find(from, to, suspect);
  judging.times.fill(from, to, {
    maxAheadMicros: reader.plan.maxFutureSkewMicros,
    suspect,
  });
  applyRules(judging, run, steps);
  applyMappings(judging, run);
}

/** What a plan is compiled to for one block: versions of a schema may alternate from event to event. */
interface PlanSteps {
  readonly finders: readonly FindSuspects[];
  readonly rules: readonly {
    readonly name: string;
    readonly onFail: 'reject' | 'flag';
    readonly test: ReadValue;
  }[];
}

function createPlanSteps(rows: EvaluatedRows): (plan: StreamPlan) => PlanSteps {
  const known = new Map<StreamPlan, PlanSteps>();
  return (plan) => {
    const steps = known.get(plan) ?? compileSteps(plan, rows);
    known.set(plan, steps);
    return steps;
  };
}

function compileSteps(plan: StreamPlan, rows: EvaluatedRows): PlanSteps {
  return {
    finders: plan.stream.fields.flatMap((field) => {
      const vector = rows.vectors.get(storedName(field));
      return vector === undefined ? [] : (suspectFinder(vector, field) ?? []);
    }),
    rules: plan.rules.map(({ name, onFail, test, reads }) => ({
      name,
      onFail,
      test: rowEvaluator({ evaluate: test, reads }, rows),
    })),
  };
}

/** Discards a row if judgeRow does; true when it stays. */
function reconsider(judging: Judging, row: number, plan: StreamPlan): boolean {
  const values = judging.materialize(row);
  const { arrivalMicros } = judging.block.arena.records[judging.recordOf[row]!]!;
  try {
    const verdict = judgeRow(plan, values, arrivalMicros);
    if (verdict.kind === 'accepted') return true;
    discard(judging, row, { kind: 'rejected', reason: verdict.reason, row: values });
  } catch (error) {
    discard(judging, row, { kind: 'undecodable', reason: processingFailure(error) });
  }
  return false;
}

/** As reconsider, for a row at which something threw or did not hold: it cannot stay. */
function refuse(judging: Judging, row: number, { plan, error }: Refusal): void {
  if (reconsider(judging, row, plan)) {
    discard(judging, row, { kind: 'undecodable', reason: processingFailure(error) });
  }
}

interface Refusal {
  readonly plan: StreamPlan;
  readonly error: unknown;
}

function applyRules(
  judging: Judging,
  { from, to, reader: { plan } }: BlockRun,
  { rules }: PlanSteps,
): void {
  const { accepted, flags } = judging;
  for (const rule of rules) {
    for (let row = from; row < to; row++) {
      if (accepted[row] === 0) continue;
      try {
        if (rule.test(row) === true) continue;
      } catch (error) {
        refuse(judging, row, { plan, error });
        continue;
      }
      if (rule.onFail === 'flag') flags.add(row, rule.name);
      else refuse(judging, row, { plan, error: new TypeError(`rule ${rule.name} is not pure`) });
    }
  }
}

function applyMappings(judging: Judging, { from, to, reader: { plan } }: BlockRun): void {
  const { accepted } = judging;
  for (const [index, column] of judging.mapped.entries()) {
    column.useExpression(plan.mapping[index]!);
    for (let row = from; row < to; row++) {
      if (accepted[row] === 0) continue;
      try {
        column.compute(row);
      } catch (error) {
        refuse(judging, row, { plan, error: columnFailure(plan.mapping[index]!.column, error) });
      }
    }
  }
}

/** What is told of a result that its column cannot hold; an expression that fails by itself fails judgeRow too. */
function columnFailure(column: string, cause: unknown): TypeError {
  const problem = cause instanceof Error ? cause.message : String(cause);
  return new TypeError(`column "${column}": ${problem}`, { cause });
}

/** A mapping may compute what no source may send. */
function checkMapped(
  judging: Judging,
  { from, to, reader: { plan } }: BlockRun,
  mapped: readonly Vector[],
): void {
  for (const [index, { type }] of plan.stream.mapping.entries()) {
    const find = suspectFinder(mapped[index]!, { type, allowNan: false });
    find?.(from, to, (row) => {
      if (judging.accepted[row] === 1) reconsider(judging, row, plan);
    });
  }
}

function schemaVersionsOf({ length, runs }: EventBlock): Int32Array {
  const versions = new Int32Array(length);
  for (const { from, to, reader } of runs) versions.fill(reader.schemaVersion, from, to);
  return versions;
}

function sourceReader({ arena, events, stream }: EventBlock): (row: number) => SourceEvent {
  const partitionKeyOf = createPartitionKeys(arena);
  return (row) => {
    const event = events[row]!;
    return {
      stream,
      position: positionOf(arena, event),
      arrivalMicros: arena.records[arena.recordOf[event]!]!.arrivalMicros,
      partitionKey: partitionKeyOf(event),
      payload: payloadOf(arena, event),
    };
  };
}

function discardedEvents({ block, discards, sourceOf }: Judging): readonly DiscardedEvent[] {
  if (discards.size === 0) return [];
  const versions = schemaVersionsOf(block);
  return [...discards.keys()]
    .sort((a, b) => a - b)
    .map((row): DiscardedEvent => {
      const schemaVersion = versions[row] ?? 0;
      return { ...sourceOf(row), schemaVersion, ...discards.get(row)! };
    });
}
