import type { MappingClock } from '#embedded/lambda/event-source/mapping-clock.ts';

interface Sleeper {
  readonly atMs: number;
  readonly wake: () => void;
}

/** Time that passes only when everybody sleeps: hours of retries take no time at all. */
export class VirtualClock implements MappingClock {
  readonly #sleepers = new Set<Sleeper>();
  #nowMs: number;

  constructor(nowMs = 1_763_600_000_000) {
    this.#nowMs = nowMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return Promise.resolve();
    return new Promise((resolve) => {
      const sleeper = {
        atMs: this.#nowMs + Math.max(0, ms),
        wake: () => {
          this.#sleepers.delete(sleeper);
          signal?.removeEventListener('abort', sleeper.wake);
          resolve();
        },
      };
      this.#sleepers.add(sleeper);
      signal?.addEventListener('abort', sleeper.wake, { once: true });
    });
  }

  /** Lets everybody work until all sleep. */
  async settle(): Promise<void> {
    // What runs under this clock waits for promises only: one turn of the event loop takes them all.
    await new Promise<void>((resolve) => setImmediate(resolve));
  }

  /** Lets a time pass, waking each sleeper at its moment. */
  async advance(ms: number): Promise<void> {
    await this.#passTo(this.#nowMs + ms, () => false);
  }

  /** Lets time pass until the condition holds; throws after `limitMs`. */
  async until(condition: () => boolean, limitMs = 30 * 86_400_000): Promise<void> {
    await this.#passTo(this.#nowMs + limitMs, condition);
    if (!condition()) throw new Error(`the condition did not come true within ${limitMs} ms`);
  }

  async #passTo(endMs: number, isEnough: () => boolean): Promise<void> {
    await this.settle();
    while (!isEnough()) {
      const next = this.#earliest();
      if (next === null || next.atMs > endMs) break;
      this.#nowMs = next.atMs;
      next.wake();
      await this.settle();
    }
    if (!isEnough()) this.#nowMs = endMs;
  }

  #earliest(): Sleeper | null {
    let earliest: Sleeper | null = null;
    for (const sleeper of this.#sleepers) {
      if (!Number.isFinite(sleeper.atMs)) continue;
      if (earliest === null || sleeper.atMs < earliest.atMs) earliest = sleeper;
    }
    return earliest;
  }
}
