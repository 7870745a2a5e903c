import type { FaultKind } from './fault.ts';
import { faultsOf } from './fault.ts';
import type { RandomSource } from './random-source.ts';

/** One call to a service. */
export interface Step<T> {
  /** What is done, for people: `swap table`. */
  readonly name: string;
  readonly isWrite: boolean;
  readonly effect: () => Promise<T>;
  /** What the caller sees when the service does not answer. */
  readonly unanswered: () => Error;
}

export type Ending =
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'died' };

/** Something that runs and may die: an invocation of a function. */
export interface Process {
  readonly name: string;
  isAlive(): boolean;
  step<T>(step: Step<T>): Promise<T>;
  sleep(ms: number): Promise<void>;
  /** Planted in it so far. */
  faults(): number;
  /** Resolves when its work has ended or it has died. */
  readonly ended: Promise<Ending>;
}

interface Waiting {
  readonly owner: ProcessState | null;
  readonly dueMs: number;
  readonly go: () => Promise<void> | void;
}

interface ProcessState {
  readonly name: string;
  isAlive: boolean;
  frozenUntilMs: number;
  faults: number;
  end(ending: Ending): void;
}

/** Time a frozen process stands still at most; time-outs of invocations lie below. */
export const LONGEST_FREEZE_MS = 400_000;
const LONGEST_DELAY_MS = 20_000;
/** A read that fails changes nothing: faults of writes are the interesting ones. */
const WRITES_FAIL_MORE = 4;
const LONGEST_LATE_MS = 120_000;
/** What happens seldom, or decides everything, fails more often; what happens all the time, less. */
const WEIGHTS: readonly (readonly [start: string, weight: number])[] = [
  ['delete metadata', 30],
  ['delete data', 30],
  ['delete ', 10],
  ['list chains', 2],
  ['list ', 20],
  ['swap ', 3],
  ['put chain', 3],
  ['read chain', 2],
  ['send ', 3],
  ['put ', 0.5],
  ['get ', 0.5],
  ['load ', 0.5],
];

/**
 * A world with one thread and no clock: every call of every process waits here, and chance decides which one is next
 * and what goes wrong with it. The same seed gives the same world.
 */
export class Scheduler {
  nowMs: number;
  /** Faults that are still to be planted. */
  faultsLeft = 0;
  faultChance = 0;
  turns = 0;
  /** `step name` to fault kind to how often. */
  readonly planted = new Map<string, Map<FaultKind, number>>();
  readonly steps = new Map<string, number>();
  readonly #random: RandomSource;
  readonly #waiting: Waiting[] = [];
  #trace: ((line: string) => void) | null = null;

  constructor(random: RandomSource, startMs: number) {
    this.#random = random;
    this.nowMs = startMs;
  }

  /** Tells every step to `trace`. */
  follow(trace: (line: string) => void): void {
    this.#trace = trace;
  }

  spawn(name: string, work: (process: Process) => Promise<unknown>): Process {
    const { promise, resolve } = Promise.withResolvers<Ending>();
    const state: ProcessState = { name, isAlive: true, frozenUntilMs: 0, faults: 0, end: resolve };
    const process: Process = {
      name,
      isAlive: () => state.isAlive,
      step: (step) => this.#enqueue(state, step),
      sleep: (ms) => this.#sleep(state, ms),
      faults: () => state.faults,
      ended: promise,
    };
    work(process).then(
      () => finish(state, { kind: 'done' }),
      (error: unknown) => finish(state, { kind: 'failed', error }),
    );
    return process;
  }

  /** Waits without being a process: nothing can go wrong with it. */
  sleep(ms: number): Promise<void> {
    return this.#sleep(null, ms);
  }

  /** Runs until `isOver` or until nothing waits any more. Throws when it takes more turns than allowed. */
  async run(isOver: () => boolean, maxTurns: number): Promise<void> {
    for (;;) {
      await settled();
      if (isOver() || this.#waiting.length === 0) return;
      if (++this.turns > maxTurns)
        throw new Error(`not over after ${maxTurns} turns: ${this.#waitingNames()}`);
      await this.#next().go();
    }
  }

  #enqueue<T>(owner: ProcessState, step: Step<T>): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    if (!owner.isAlive) return promise;
    const perform = async () => {
      try {
        resolve(await step.effect());
      } catch (error) {
        reject(error);
      }
    };
    const go = () => {
      this.steps.set(step.name, (this.steps.get(step.name) ?? 0) + 1);
      const fault = this.#chooseFault(step);
      this.#trace?.(`${owner.name}: ${step.name}${fault === null ? '' : ` [${fault}]`}`);
      if (fault === null) return perform();
      owner.faults++;
      return this.#failing(owner, step, { fault, perform, reject, go });
    };
    this.#wait({ owner, dueMs: this.nowMs, go });
    return promise;
  }

  async #failing<T>(
    owner: ProcessState,
    step: Step<T>,
    outcome: {
      readonly fault: FaultKind;
      readonly perform: () => Promise<void>;
      readonly reject: (error: Error) => void;
      readonly go: () => Promise<void> | void;
    },
  ): Promise<void> {
    const { fault, perform, reject } = outcome;
    const quietly = () => step.effect().then(ignore, ignore);
    switch (fault) {
      case 'fail-before':
        return reject(step.unanswered());
      case 'fail-after':
        await quietly();
        return reject(step.unanswered());
      case 'late':
        this.#wait({
          owner: null,
          dueMs: this.nowMs + this.#random.below(LONGEST_LATE_MS),
          go: quietly,
        });
        return reject(step.unanswered());
      case 'repeat':
        await quietly();
        return await perform();
      case 'delay':
        return this.#wait({
          owner,
          dueMs: this.nowMs + this.#random.below(LONGEST_DELAY_MS),
          go: perform,
        });
      case 'freeze':
        owner.frozenUntilMs = this.nowMs + this.#random.below(LONGEST_FREEZE_MS);
        return this.#wait({ owner, dueMs: this.nowMs, go: perform });
      case 'crash-before':
        return finish(owner, { kind: 'died' });
      case 'crash-after':
        await quietly();
        return finish(owner, { kind: 'died' });
    }
  }

  #chooseFault(step: { readonly name: string; readonly isWrite: boolean }): FaultKind | null {
    const chance = this.faultChance * (step.isWrite ? WRITES_FAIL_MORE : 1) * weightOf(step.name);
    if (this.faultsLeft === 0 || !this.#random.chance(chance)) return null;
    const kind = this.#random.pick(faultsOf(step));
    this.faultsLeft--;
    const kinds = this.planted.get(step.name) ?? new Map<FaultKind, number>();
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    this.planted.set(step.name, kinds);
    return kind;
  }

  #sleep(owner: ProcessState | null, ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wait({ owner, dueMs: this.nowMs + ms, go: resolve });
    return promise;
  }

  #wait(waiting: Waiting): void {
    this.#waiting.push(waiting);
  }

  /** Any of those that are due; when none is, time goes on to the first. */
  #next(): Waiting {
    this.#forgetDead();
    this.nowMs += this.#random.below(20);
    const due = this.#waiting.filter((waiting) => this.#dueMs(waiting) <= this.nowMs);
    const first = due.length > 0 ? this.#random.pick(due) : this.#earliest();
    this.nowMs = Math.max(this.nowMs, this.#dueMs(first));
    this.#waiting.splice(this.#waiting.indexOf(first), 1);
    return first;
  }

  #earliest(): Waiting {
    const [first, ...others] = this.#waiting;
    if (first === undefined) return { owner: null, dueMs: this.nowMs, go: ignore };
    return others.reduce((a, b) => (this.#dueMs(b) < this.#dueMs(a) ? b : a), first);
  }

  #dueMs({ owner, dueMs }: Waiting): number {
    return Math.max(dueMs, owner?.frozenUntilMs ?? 0);
  }

  #forgetDead(): void {
    for (let index = this.#waiting.length - 1; index >= 0; index--) {
      if (this.#waiting[index]?.owner?.isAlive === false) this.#waiting.splice(index, 1);
    }
  }

  #waitingNames(): string {
    return this.#waiting.map(({ owner }) => owner?.name ?? 'the world').join(', ');
  }
}

function weightOf(name: string): number {
  return WEIGHTS.find(([start]) => name.startsWith(start))?.[1] ?? 1;
}

function finish(state: ProcessState, ending: Ending): void {
  if (!state.isAlive) return;
  state.isAlive = false;
  state.end(ending);
}

/** Everything that can go on without a service has gone on. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function ignore(): void {}
