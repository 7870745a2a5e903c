import type { RandomSource } from './random-source.ts';

/**
 * What happens in a world besides faults. Not everything goes together: what is promised after a rollback or the loss of the
 * log holds for code that judges the same events the same way, and for rows that nobody takes out on purpose.
 */
export interface WorldPlan {
  /** Half-way newer code: a stricter rule, or a further column; writers of both versions stage for a while. */
  readonly deployment: 'none' | 'rule' | 'column';
  /**
   * - `rollback`: a table goes back to an earlier snapshot on purpose, and the stream is read again
   * - `hasty-rollback`: the same, without waiting for those who still write
   * - `lost-log`: the log is lost while everything is committed
   * - `lost-pending-log`: while batches wait; the stream is read again from where the tables are
   */
  readonly incident: 'none' | 'rollback' | 'hasty-rollback' | 'lost-log' | 'lost-pending-log';
  /** Another engine rewrites files, appends nothing, expires the snapshots that say what is committed. */
  readonly hasForeignEngine: boolean;
  /** Rows leave the tables on purpose. */
  readonly removal: 'none' | 'rows' | 'retention';
  /** The mapping gives batches up that fail. */
  readonly givesUp: boolean;
  /** Producers send an event again after its key has moved to another shard. */
  readonly repeatsElsewhere: boolean;
  readonly modeChanges: number;
}

export function createWorldPlan(random: RandomSource): WorldPlan {
  const incident = random.chance(0.4)
    ? random.pick(['rollback', 'hasty-rollback', 'lost-log', 'lost-pending-log'] as const)
    : 'none';
  const isQuiet = incident === 'none';
  const deployments = isQuiet
    ? (['none', 'rule', 'column'] as const)
    : (['none', 'column'] as const);
  return {
    deployment: random.pick(deployments),
    incident,
    hasForeignEngine: random.chance(0.5),
    removal: isQuiet ? random.pick(['none', 'none', 'rows', 'retention'] as const) : 'none',
    givesUp: random.chance(0.2),
    repeatsElsewhere: random.chance(0.25),
    modeChanges: random.below(4),
  };
}
