import { measureStaged, type StagedBacklog } from '#app/measure-staged.ts';
import type { Project } from '#core/config/project.ts';
import { SluiceError } from '#core/errors.ts';
import { localTarget } from '#runtime/aws-clients.ts';
import { openFunctions } from '#runtime/function-access.ts';
import { openStagingLog } from '#runtime/staging-access.ts';
import { type LocalCloud, waitUntilDrained } from './local-cloud.ts';
import { committerFunctionOf, stagingTableOf } from './stack-outputs.ts';

/** What is staged in the domains, and the functions that commit it. */
export interface Commits {
  /** Of every domain. */
  staged(): Promise<readonly StagedBacklog[]>;
  /** Makes a domain's committer look; that it fails is no failure here. */
  commit(domain: string): Promise<void>;
}

interface WaitOptions {
  readonly signal: AbortSignal;
  readonly onPoll: () => Promise<void>;
  /** Told when batches wait although nothing is at work. */
  readonly onWait?: (text: string) => void;
  /** @default STALL_MS */
  readonly stallMs?: number;
}

/** Longer than a commit takes, and several attempts at it. */
const STALL_MS = 180_000;

/**
 * Resolves when everything that arrived is in the tables: nothing waits on any shard, and nothing is staged; or when the signal
 * is aborted. What is staged when nobody is at work (a message was lost, a process died) is committed without waiting for
 * the tick. Throws SOURCE_UNAVAILABLE when nothing moves for three minutes.
 */
export async function waitUntilCommitted(
  cloud: Pick<LocalCloud, 'health'>,
  commits: Commits,
  options: WaitOptions,
): Promise<void> {
  const { signal, stallMs = STALL_MS, onWait = () => {} } = options;
  let before = '';
  let movedMs = performance.now();
  for (;;) {
    await waitUntilDrained(cloud, options);
    if (signal.aborted) return;
    const waiting = (await commits.staged()).filter(({ batches }) => batches > 0);
    if (waiting.length === 0) return;
    const words = waiting.map(({ domain, batches }) => `${batches} of ${domain}`).join(', ');
    const now = JSON.stringify(waiting);
    if (now !== before) {
      movedMs = performance.now();
      onWait(`Staged batches wait for their commit: ${words}.`);
    }
    before = now;
    if (performance.now() - movedMs > stallMs) {
      throw new SluiceError(
        'SOURCE_UNAVAILABLE',
        `staged batches are not committed for ${Math.round(stallMs / 1000)} s (${words}); look into the log of the committer (sluice logs committer)`,
      );
    }
    await Promise.all(waiting.map(({ domain }) => commits.commit(domain)));
    await options.onPoll();
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** As above, for the domains of a project in a local cloud. */
export async function waitForCommits(
  cloud: Pick<LocalCloud, 'health' | 'endpoint' | 'outputs'>,
  project: Project,
  options: WaitOptions,
): Promise<void> {
  const target = localTarget(cloud.endpoint);
  const staging = openStagingLog(target, { stagingTable: stagingTableOf(cloud.outputs) });
  const functions = openFunctions(target);
  const commits: Commits = {
    staged: () => Promise.all(project.domains.map(({ name }) => measureStaged(staging.log, name))),
    commit: async (domain) => {
      await functions.invoke(committerFunctionOf(cloud.outputs, project, domain), '{}');
    },
  };
  try {
    await waitUntilCommitted(cloud, commits, options);
  } finally {
    staging.close();
    functions.close();
  }
}
