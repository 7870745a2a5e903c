import { minOrphanAgeMs, type StagingTimes } from '#core/iceberg/maintenance/orphan-age.ts';
import type { DomainSettingsInput } from '../model/domain-settings-model.ts';
import { durationText } from '../model/quantity.ts';
import type { MaintenanceSettings } from '../project.ts';

/** Messages of the queues (files, doorbells) are kept so long at most. Source: SQS API, MessageRetentionPeriod. */
export const MAX_QUEUE_RETENTION_MS = 14 * 86_400_000;
/** Source: Lambda quotas, "Function timeout". */
const MAX_INVOCATION_MS = 900_000;
const MS_PER_HOUR = 3_600_000;

export function resolveMaintenance(
  maintenance: DomainSettingsInput['maintenance'],
): MaintenanceSettings {
  const tables = Object.entries(maintenance.tables ?? {}).map(
    ([name, { engine, target_file_size, min_files, sort_by }]) => [
      name,
      {
        ...(engine === undefined ? {} : { engine }),
        ...(target_file_size === undefined ? {} : { targetFileBytes: target_file_size }),
        ...(min_files === undefined ? {} : { minFiles: min_files }),
        ...(sort_by === undefined ? {} : { sortBy: sort_by }),
      },
    ],
  );
  return {
    engine: maintenance.engine,
    everyMinutes: maintenance.every / 60_000,
    targetFileBytes: maintenance.target_file_size,
    minFiles: maintenance.min_files,
    maxRewriteBytes: maintenance.max_rewrite,
    orphanAgeMs: maintenance.orphan_age,
    tables: Object.fromEntries(tables),
  };
}

/** What can hold on to events of a domain before they are staged. */
export function stagingTimes(stream: { readonly retentionMs: number }): StagingTimes {
  return {
    streamRetentionMs: stream.retentionMs,
    queueRetentionMs: MAX_QUEUE_RETENTION_MS,
    invocationMs: MAX_INVOCATION_MS,
  };
}

/** Why an age would let orphan removal, VACUUM or a Glue optimizer take files that are still to be committed; null: it would not. */
export function orphanAgeProblem(
  orphanAgeMs: number,
  { retentionMs, where }: { readonly retentionMs: number; readonly where: string },
): string | null {
  const times = stagingTimes({ retentionMs });
  const least = minOrphanAgeMs(times);
  if (orphanAgeMs >= least) return null;
  const leastHours = `${Math.ceil(least / MS_PER_HOUR)}h`;
  const sum = `${durationText(times.streamRetentionMs)} retention of the stream + ${durationText(times.queueRetentionMs)} in a queue + 2 × ${durationText(times.invocationMs)} in a function + 1d margin`;
  return `expected orphan_age of at least ${leastHours} in ${where} (${sum}), got ${durationText(orphanAgeMs)}; files that are staged and not committed yet would be deleted`;
}
