import { z } from 'zod';
import type { TableDescription } from '#app/describe-tables.ts';
import type { ShardLag } from '#app/measure-shard-lag.ts';
import type { StagedBacklog } from '#app/measure-staged.ts';
import { plural } from './words.ts';

/** The part of the local cloud's health that a status shows beside checkpoints and stacks. */
export const measuredHealth = z.object({
  alarms: z
    .array(
      z.object({
        name: z.string(),
        description: z.string(),
        state: z.enum(['OK', 'ALARM', 'INSUFFICIENT_DATA']),
        reason: z.string(),
        sinceMs: z.number(),
      }),
    )
    .default([]),
  functions: z
    .array(
      z.object({
        name: z.string(),
        invocations: z.number(),
        errors: z.number(),
        lastInvocationMs: z.number(),
        lastDurationMs: z.number(),
      }),
    )
    .default([]),
});
export type MeasuredHealth = z.infer<typeof measuredHealth>;
export type AlarmStatus = MeasuredHealth['alarms'][number];

/** A function; null where it was not invoked since the start of the local cloud. */
export interface FunctionStatus {
  readonly name: string;
  readonly invocations: number;
  readonly errors: number;
  readonly lastInvocationMs: number | null;
  readonly lastDurationMs: number | null;
}

/** A domain's books. */
export interface LedgerStatus {
  readonly domain: string;
  /** Null before the first run. */
  readonly lastRunMs: number | null;
  readonly unbalancedRows: number;
}

export interface CloudStatus {
  readonly endpoint: string;
  readonly pid: number;
  /** Records wait, or a function is at work. */
  readonly pending: boolean;
  readonly stacks: readonly { readonly name: string; readonly resources: number }[];
  /** Services that other programs serve, and where; the others are embedded. */
  readonly delegates: Readonly<Record<string, string>>;
}

/** Everything about a running local cloud. */
export interface StatusReport {
  readonly cloud: CloudStatus;
  readonly alarms: readonly AlarmStatus[];
  readonly functions: readonly FunctionStatus[];
  readonly shards: readonly ShardLag[];
  /** By domain. */
  readonly staged: readonly StagedBacklog[];
  readonly tables: readonly TableDescription[];
  readonly ledgers: readonly LedgerStatus[];
  /** Parts that could not be read, with the reason. */
  readonly problems: readonly string[];
}

/** What is wrong, in a few words; nothing when every part answers, nothing is in ALARM, no function fails in every run and the books balance. */
export function findFaults(
  report: Pick<StatusReport, 'alarms' | 'functions' | 'problems' | 'ledgers'>,
): readonly string[] {
  const raised = report.alarms.filter(({ state }) => state === 'ALARM').length;
  // An alarm waits for several periods; a function that never succeeded needs none.
  const failing = report.functions.filter(
    ({ invocations, errors }) => errors > 0 && errors >= invocations,
  ).length;
  const unbalanced = report.ledgers.reduce((sum, each) => sum + each.unbalancedRows, 0);
  return [
    ...(report.problems.length > 0 ? [`${plural(report.problems.length, 'part')} down`] : []),
    ...(raised > 0 ? [plural(raised, 'alarm')] : []),
    ...(failing > 0 ? [`${plural(failing, 'function')} failed in every run`] : []),
    ...(unbalanced > 0 ? [`${plural(unbalanced, 'row')} unaccounted for`] : []),
  ];
}
