import { dropLinks } from '#core/delivery/chain-changes.ts';
import type { SourceChain, StagedLink } from '#core/delivery/source-chain.ts';
import { hasCode } from '#core/errors.ts';
import { backOff } from '../swap-table.ts';
import type { CommitStagedDeps } from './commit-deps.ts';

const MAX_ATTEMPTS = 5;

/**
 * Takes links out of a chain that every table they touch has. Nothing depends on it but the length of the chain: a link that
 * stays is found to be in by the next run. Returns the chain as it is then; null when it is gone.
 */
export async function pruneChain(
  deps: CommitStagedDeps,
  domain: string,
  work: { readonly chain: SourceChain; readonly committed: readonly StagedLink[] },
): Promise<SourceChain | null> {
  const done = new Set(work.committed.map(identityOf));
  let chain: SourceChain | null = work.chain;
  for (let attempt = 1; attempt <= MAX_ATTEMPTS && chain !== null; attempt++) {
    const next = dropLinks(chain, (link) => done.has(identityOf(link)));
    if (next === null) return chain;
    if (await isPut(deps, domain, next)) return next;
    await backOff(deps, attempt);
    chain = await deps.stagingLog.read(domain, next.source);
  }
  return chain;
}

/** An unknown outcome is looked up like a refusal. */
async function isPut(deps: CommitStagedDeps, domain: string, chain: SourceChain): Promise<boolean> {
  try {
    return await deps.stagingLog.put(domain, chain);
  } catch (error) {
    if (!hasCode(error, 'SOURCE_UNAVAILABLE')) throw error;
    return false;
  }
}

/** A chain that has begun anew may have another link of the same range. */
function identityOf({ last, descriptor }: StagedLink): string {
  return `${last.sequence}/${last.subSequence} ${descriptor.sha256}`;
}
