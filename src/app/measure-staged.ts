import { isFileSource } from '#core/delivery/position.ts';
import type { StagingLog } from '#ports/staging-log.ts';

/** What writers of a domain have staged and nobody has committed yet; files apart, which whoever reads them commits. */
export interface StagedBacklog {
  readonly domain: string;
  /** Staged batches, of all sources. */
  readonly batches: number;
  /** When the oldest of them was staged; null when there is none. */
  readonly oldestStagedAtMs: number | null;
}

/** Reads the staging log. Throws SOURCE_UNAVAILABLE. */
export async function measureStaged(
  log: Pick<StagingLog, 'list'>,
  domain: string,
): Promise<StagedBacklog> {
  const chains = (await log.list(domain)).filter(({ source }) => !isFileSource(source));
  const stagedAtMs = chains.flatMap(({ links }) => links.map((link) => link.stagedAtMs));
  return {
    domain,
    batches: stagedAtMs.length,
    oldestStagedAtMs: stagedAtMs.reduce<number | null>(
      (oldest, each) => (oldest === null ? each : Math.min(oldest, each)),
      null,
    ),
  };
}
