import type { MappingClock } from './mapping-clock.ts';

/** Lets one loop wait for changes. A change that comes between two waits ends the next one at once: none is missed. */
export class WakeSignal {
  readonly #clock: MappingClock;
  #hasChanged = false;
  #waiting: AbortController | null = null;

  constructor(clock: MappingClock) {
    this.#clock = clock;
  }

  notify(): void {
    this.#hasChanged = true;
    this.#waiting?.abort();
  }

  /** Resolves after a change, or after the time. */
  async wait(limitMs: number): Promise<void> {
    if (!this.#hasChanged && limitMs > 0) {
      this.#waiting = new AbortController();
      await this.#clock.sleep(limitMs, this.#waiting.signal);
      this.#waiting = null;
    }
    this.#hasChanged = false;
  }
}
