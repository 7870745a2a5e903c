import { createHyparquetColumnReader } from '#adapters/parquet/hyparquet-column-reader.ts';
import { createHyparquetTableReader } from '#adapters/parquet/hyparquet-table-reader.ts';
import type { IngestDeps } from '#app/ingest-stream.ts';
import { createInstanceMemory } from '#app/stage/instance-memory.ts';
import type { MessageQueue } from '#ports/message-queue.ts';
import type { ObjectStore } from '#ports/object-store.ts';
import type { StagingLog } from '#ports/staging-log.ts';
import type { TableCatalog } from '#ports/table-catalog.ts';
import type { RandomSource } from './random-source.ts';
import type { Process, Scheduler } from './scheduler.ts';
import {
  simulatedCatalog,
  simulatedClock,
  simulatedLog,
  simulatedQueue,
  simulatedStore,
} from './simulated-services.ts';

/** What lasts whatever dies. */
export interface Services {
  readonly store: ObjectStore;
  readonly catalog: TableCatalog;
  readonly stagingLog: StagingLog;
  readonly queue: MessageQueue;
}

/** Clocks of machines differ by this much, and jump. */
const LARGEST_SKEW_MS = 30_000;

/**
 * One execution environment of a function: it keeps its memory from invocation to invocation, and is lost with the
 * process that dies or times out in it.
 */
export class Instance {
  readonly deps: IngestDeps;
  #process: Process | null = null;
  #skewMs: number;

  constructor(
    services: Services,
    world: { readonly scheduler: Scheduler; readonly random: RandomSource },
  ) {
    const { scheduler, random } = world;
    this.#skewMs = random.between(-LARGEST_SKEW_MS, LARGEST_SKEW_MS);
    // What the memory keeps belongs to the instance; each call belongs to the process that runs in it now.
    const process: Process = {
      name: 'instance',
      isAlive: () => this.#process?.isAlive() ?? false,
      step: (step) => this.#running().step(step),
      sleep: (ms) => this.#running().sleep(ms),
      faults: () => this.#process?.faults() ?? 0,
      ended: new Promise(() => {}),
    };
    const store = simulatedStore(process, services.store);
    this.deps = {
      store,
      catalog: simulatedCatalog(process, services.catalog),
      stagingLog: simulatedLog(process, services.stagingLog),
      doorbell: simulatedQueue(process, services.queue),
      reader: createHyparquetTableReader(store),
      columns: createHyparquetColumnReader(store),
      memory: createInstanceMemory(),
      clock: simulatedClock(process, scheduler, () => this.#skew(random)),
      random,
    };
  }

  /** Runs an invocation; the instance must be free. */
  run(scheduler: Scheduler, name: string, work: (deps: IngestDeps) => Promise<unknown>): Process {
    const process = scheduler.spawn(name, async (started) => {
      this.#process = started;
      await work(this.deps);
    });
    return process;
  }

  isFree(): boolean {
    return this.#process === null || !this.#process.isAlive();
  }

  #running(): Process {
    if (this.#process === null) throw new Error('an instance without process was called');
    return this.#process;
  }

  #skew(random: RandomSource): number {
    if (random.chance(0.02)) this.#skewMs = random.between(-LARGEST_SKEW_MS, LARGEST_SKEW_MS);
    return this.#skewMs;
  }
}

/** Warm instances of one function; one that died, failed or stands still is never used again. */
export class InstancePool {
  readonly #free: Instance[] = [];
  readonly #services: Services;
  readonly #world: { readonly scheduler: Scheduler; readonly random: RandomSource };

  constructor(
    services: Services,
    world: { readonly scheduler: Scheduler; readonly random: RandomSource },
  ) {
    this.#services = services;
    this.#world = world;
  }

  run(name: string, work: (deps: IngestDeps) => Promise<unknown>): Process {
    const { scheduler } = this.#world;
    const instance = this.#free.pop() ?? new Instance(this.#services, this.#world);
    const process = instance.run(scheduler, name, work);
    void process.ended.then((ending) => {
      if (ending.kind !== 'died') this.#free.push(instance);
    });
    return process;
  }
}
