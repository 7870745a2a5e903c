import type { KafkaLog, KafkaTopic, PartitionEnds } from '#runtime/kafka-access.ts';

/** A topic of the broker as it stood when it was last looked at. */
export interface TopicView {
  readonly topic: KafkaTopic;
  /** By partition. */
  readonly ends: readonly PartitionEnds[];
}

type Listener = (partition: string) => void;

/** How often a quiet topic is looked at. */
const LOOK_EVERY_MS = 250;

/** Looks at topics again and again, since a broker calls nobody back; a look that is asked for is always a new one. */
export class TopicWatch {
  readonly #log: () => KafkaLog;
  readonly #views = new Map<string, TopicView | Error>();
  readonly #listeners = new Map<string, Set<Listener>>();
  #timer: NodeJS.Timeout | null = null;
  #isClosed = false;

  constructor(log: () => KafkaLog) {
    this.#log = log;
  }

  /** Watches a topic from now on. Throws SOURCE_UNAVAILABLE when it cannot be looked at. */
  async watch(name: string): Promise<TopicView> {
    await this.#look(name);
    this.#timer ??= this.#schedule();
    return this.view(name);
  }

  /** As it was at the last look. Throws what kept that look from seeing it. */
  view(name: string): TopicView {
    const view = this.#views.get(name);
    if (view === undefined) throw new Error(`topic ${name} is not watched`);
    if (view instanceof Error) throw view;
    return view;
  }

  /** Looks at every watched topic now; what fails is thrown by `view`. */
  async refresh(): Promise<void> {
    await Promise.all(
      [...this.#views.keys()].map((name) => this.#look(name).catch(() => undefined)),
    );
  }

  /** Calls back with the number of a partition that has grown, or begun; returns what stops it. */
  onChange(name: string, listener: Listener): () => void {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners);
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  close(): void {
    this.#isClosed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #schedule(): NodeJS.Timeout {
    const timer = setTimeout(() => {
      void this.refresh().then(() => {
        if (!this.#isClosed) this.#timer = this.#schedule();
      });
    }, LOOK_EVERY_MS);
    return timer.unref();
  }

  async #look(name: string): Promise<void> {
    const log = this.#log();
    try {
      const topic = await log.describeTopic(name);
      const ends = await log.partitionEnds(topic);
      const before = this.#views.get(name);
      this.#views.set(name, { topic, ends });
      this.#tell(name, before, { topic, ends });
    } catch (error) {
      this.#views.set(name, error instanceof Error ? error : new Error(String(error)));
      throw error;
    }
  }

  #tell(name: string, before: TopicView | Error | undefined, now: TopicView): void {
    const known = before === undefined || before instanceof Error ? null : before;
    const isSame = known?.topic.id === now.topic.id;
    for (const [partition, { end }] of now.ends.entries()) {
      if (isSame && known?.ends[partition]?.end === end) continue;
      for (const listener of this.#listeners.get(name) ?? []) listener(String(partition));
    }
  }
}
