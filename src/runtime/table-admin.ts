import { systemClock, systemRandom } from '#adapters/system/system-clock.ts';
import type { Clock, Random } from '#ports/clock.ts';
import type { StagingLog } from '#ports/staging-log.ts';
import type { AwsTarget } from './aws-clients.ts';
import { type LakeAccess, openLake } from './lake-access.ts';
import { openStagingLog } from './staging-access.ts';

/** What a tool needs that changes tables. */
export interface TableAdmin extends LakeAccess {
  readonly clock: Clock;
  readonly random: Random;
  readonly stagingLog: StagingLog;
}

export function openTableAdmin(
  target: AwsTarget,
  options: { readonly workGroup: string; readonly stagingTable: string },
): TableAdmin {
  const lake = openLake(target, options);
  const staging = openStagingLog(target, options);
  return {
    ...lake,
    clock: systemClock,
    random: systemRandom,
    stagingLog: staging.log,
    close: () => {
      staging.close();
      lake.close();
    },
  };
}
