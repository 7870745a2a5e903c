import type { SourceChain } from '#core/delivery/source-chain.ts';
import { decodeSourceChain, encodeSourceChain } from '#core/delivery/source-chain-codec.ts';
import { SluiceError } from '#core/errors.ts';
import type { StagingLog } from '#ports/staging-log.ts';

/**
 * How a change of a chain goes wrong:
 * - `overtaken`: refused, as if another writer had been first
 * - `lost-request`: outcome unknown, nothing changed
 * - `lost-answer`: outcome unknown, but it happened
 * - `late`: outcome unknown, and it is carried out only when the next change arrives, just before that one
 */
export type ChainFault = 'overtaken' | 'lost-request' | 'lost-answer' | 'late';

/** StagingLog in memory; chains are kept as text, as they are stored elsewhere. */
export class MemoryStagingLog implements StagingLog {
  /** Called once per put, in order, with its number from 1. */
  putFault: (put: number) => ChainFault | null = () => null;
  /** A document of more bytes does not fit. */
  maxBytes = 400 * 1024;
  #puts = 0;
  #late: (() => void) | null = null;
  readonly #chains = new Map<string, Map<string, string>>();

  async read(domain: string, source: string): Promise<SourceChain | null> {
    return this.#stored(domain, source);
  }

  async list(domain: string): Promise<readonly SourceChain[]> {
    return this.chains(domain);
  }

  /** Everything of a domain, at once. */
  chains(domain: string): readonly SourceChain[] {
    const chains = this.#chains.get(domain) ?? new Map<string, string>();
    return [...chains.keys()].sort().flatMap((source) => this.#stored(domain, source) ?? []);
  }

  async put(domain: string, chain: SourceChain): Promise<boolean> {
    const fault = this.putFault(++this.#puts);
    this.#deliverLate();
    const text = encodeSourceChain(chain);
    if (Buffer.byteLength(text) > this.maxBytes) throw tooLong(chain);
    const apply = () => this.#apply(domain, chain, text);
    switch (fault) {
      case 'overtaken':
        return false;
      case 'lost-request':
        throw unknownOutcome(chain);
      case 'lost-answer':
        apply();
        throw unknownOutcome(chain);
      case 'late':
        this.#late = apply;
        throw unknownOutcome(chain);
      case null:
        return apply();
    }
  }

  async remove(domain: string, { source, version }: SourceChain): Promise<boolean> {
    this.#deliverLate();
    const stored = this.#stored(domain, source);
    if (stored?.version !== version) return false;
    this.#chains.get(domain)?.delete(source);
    return true;
  }

  /** As after a disaster: nothing of a domain is known any more. */
  lose(domain: string): void {
    this.#chains.delete(domain);
  }

  #apply(domain: string, chain: SourceChain, text: string): boolean {
    const stored = this.#stored(domain, chain.source);
    if ((stored?.version ?? 0) !== chain.version - 1) return false;
    const chains = this.#chains.get(domain) ?? new Map<string, string>();
    chains.set(chain.source, text);
    this.#chains.set(domain, chains);
    return true;
  }

  #deliverLate(): void {
    const late = this.#late;
    this.#late = null;
    late?.();
  }

  #stored(domain: string, source: string): SourceChain | null {
    const text = this.#chains.get(domain)?.get(source);
    return text === undefined ? null : decodeSourceChain(text, source);
  }
}

/** For tests and single processes. */
export function createMemoryStagingLog(): MemoryStagingLog {
  return new MemoryStagingLog();
}

function unknownOutcome({ source }: SourceChain): SluiceError {
  return new SluiceError('SOURCE_UNAVAILABLE', `${source}: the answer about its chain was lost`);
}

function tooLong({ source, links }: SourceChain): SluiceError {
  return new SluiceError(
    'CHAIN_TOO_LONG',
    `${source}: its chain of ${links.length} staged batches does not fit; look why they are not committed`,
  );
}
