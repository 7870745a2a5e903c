import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { type Journal, type JournalPlace, openJournal } from '#embedded/journal.ts';
import { DEDUPLICATION_MS, type Message, Queue } from './queue.ts';
import type { MessageRecord, MessageState, QueueRecord } from './queue-record.ts';
import { queueDoesNotExist } from './sqs-error.ts';

const FORMAT = { name: 'sluice-queues', version: 1, title: 'journal of the queues' };
/** The journal is rewritten when the records that count no more take this much and are the majority. */
const MIN_SUPERSEDED_BYTES = 16 * 1024 * 1024;
const NEW_MESSAGE: MessageState = {
  receiveCount: 0,
  receivedElsewhere: 0,
  firstReceivedMs: null,
  inFlight: false,
  deadLetterSource: null,
};

export interface QueueStoreOptions {
  readonly stateDir: string;
  readonly nowMs: () => number;
  /** @default MIN_SUPERSEDED_BYTES */
  readonly minSupersededBytes?: number;
}

/**
 * All queues and their one journal: a message that moves from queue to queue does so in one record, and what was
 * acknowledged survives SIGKILL. Memory holds a few hundred bytes per message, the journal its body.
 */
export class QueueStore {
  readonly nowMs: () => number;
  readonly #queues = new Map<string, Queue>();
  /** Which queue a message is in. */
  readonly #owners = new Map<number, Queue>();
  readonly #journal: Journal;
  readonly #minSupersededBytes: number;
  #lastSequence = 0;
  #liveBytes = 0;
  #compactAtBytes = 0;

  /** Throws FORMAT_CORRUPT when the journal is damaged. */
  constructor(options: QueueStoreOptions) {
    this.nowMs = options.nowMs;
    this.#minSupersededBytes = options.minSupersededBytes ?? MIN_SUPERSEDED_BYTES;
    mkdirSync(options.stateDir, { recursive: true });
    const file = path.join(options.stateDir, 'queues.journal');
    this.#journal = openJournal(file, FORMAT, (record, place) =>
      // Every line's checksum was verified: what is in the journal was written by this class.
      this.#apply(record as QueueRecord, place),
    );
    this.#compactWhenDue();
  }

  queues(): readonly Queue[] {
    return [...this.#queues.values()];
  }

  find(name: string): Queue | undefined {
    return this.#queues.get(name);
  }

  /** Throws QueueDoesNotExist. */
  require(name: string): Queue {
    const queue = this.#queues.get(name);
    if (queue === undefined) throw queueDoesNotExist();
    return queue;
  }

  /** A sequence above all others. */
  nextSequence(): number {
    this.#lastSequence += 1;
    return this.#lastSequence;
  }

  /** Makes changes durable, then applies them. Throws, changing nothing, when the disk refuses. */
  commit(records: readonly Exclude<QueueRecord, MessageRecord>[]): void {
    this.#journal.append(records);
    for (const record of records) this.#apply(record, null);
    this.#compactWhenDue();
  }

  /** As commit, for a message. */
  send(message: MessageRecord): void {
    const place = this.#journal.appendAt(message);
    this.#apply(message, place);
    this.#compactWhenDue();
  }

  /** The whole message, from the journal. */
  read(message: Message): MessageRecord {
    return this.#journal.read(message.place) as MessageRecord;
  }

  /** Forgets messages that are past their queue's retention. */
  expire(queue: Queue): void {
    for (;;) {
      const oldest = queue.oldest();
      if (oldest === undefined || !this.isExpired(queue, oldest)) return;
      this.drop(queue, oldest);
    }
  }

  isExpired(queue: Queue, message: Message): boolean {
    const retentionMs = Number(queue.settings.attributes['MessageRetentionPeriod']) * 1000;
    return message.sentMs + retentionMs <= this.nowMs();
  }

  /** Without a record: time will say the same after a restart. */
  drop(queue: Queue, message: Message): void {
    queue.remove(message);
    this.#owners.delete(message.sequence);
    this.#liveBytes -= message.place.sizeBytes;
  }

  /**
   * Makes visible what event source mappings received and neither deleted nor gave back: at a start nobody works on it any more.
   * Without a record: the next start would say the same.
   */
  releaseHeld(): void {
    const nowMs = this.nowMs();
    for (const queue of this.#queues.values()) {
      for (const message of queue.messages()) {
        if (message.mappingHolds && message.phase === 'in-flight') queue.hide(message, nowMs);
      }
      queue.showDue(nowMs);
    }
  }

  close(): void {
    this.#journal.close();
  }

  #apply(record: QueueRecord, place: JournalPlace | null): void {
    switch (record.type) {
      case 'queue':
        this.#applyQueue(record);
        return;
      case 'queue-deleted':
      case 'queue-purged':
        this.#clear(record.name);
        if (record.type === 'queue-deleted') this.#queues.delete(record.name);
        return;
      case 'message':
        if (place !== null) this.#applyMessage(record, place);
        return;
      case 'received':
        for (const sequence of record.sequences) this.#applyReceived(sequence, record);
        return;
      case 'visibility':
        this.#change(record.sequence, (queue, message) => {
          message.mappingHolds = false;
          queue.hide(message, record.visibleMs);
        });
        return;
      case 'deleted':
        this.#change(record.sequence, (queue, message) => this.drop(queue, message));
        return;
      case 'moved':
        this.#change(record.sequence, (queue, message) => this.#move(queue, message, record));
        return;
      case 'duplicate-key':
        this.#queues.get(record.queue)?.rememberSent(record.key, record);
        return;
      case 'sequence':
        this.#lastSequence = Math.max(this.#lastSequence, record.last);
        return;
    }
  }

  #applyQueue(record: Extract<QueueRecord, { readonly type: 'queue' }>): void {
    const { type: _, ...given } = record;
    const settings = { ...given, fifo: record.attributes['FifoQueue'] === 'true' };
    const queue = this.#queues.get(record.name);
    if (queue === undefined) {
      this.#queues.set(record.name, new Queue(settings));
      return;
    }
    queue.settings = settings;
    queue.wake();
  }

  #clear(name: string): void {
    const queue = this.#queues.get(name);
    for (const message of [...(queue?.messages() ?? [])])
      if (queue !== undefined) this.drop(queue, message);
  }

  #applyMessage(record: MessageRecord, place: JournalPlace): void {
    this.#lastSequence = Math.max(this.#lastSequence, record.sequence);
    const queue = this.#queues.get(record.queue);
    if (queue === undefined) return;
    const { sequence, messageId, sentMs, visibleMs, groupId, deduplicationKey } = record;
    if (deduplicationKey !== null) {
      queue.rememberSent(deduplicationKey, { messageId, sequence, sentMs });
    }
    this.#add(queue, {
      ...{ sequence, messageId, sentMs, visibleMs, groupId, place },
      state: record.state ?? NEW_MESSAGE,
    });
  }

  #add(queue: Queue, message: Parameters<Queue['add']>[0]): void {
    queue.add(message, this.nowMs());
    this.#owners.set(message.sequence, queue);
    this.#liveBytes += message.place.sizeBytes;
  }

  #applyReceived(
    sequence: number,
    { atMs, visibleMs, byMapping }: Extract<QueueRecord, { readonly type: 'received' }>,
  ): void {
    this.#change(sequence, (queue, message) => {
      message.receiveCount += 1;
      message.firstReceivedMs ??= atMs;
      message.mappingHolds = byMapping === true;
      queue.hide(message, visibleMs);
    });
  }

  #move(
    from: Queue,
    message: Message,
    record: Extract<QueueRecord, { readonly type: 'moved' }>,
  ): void {
    const { newSequence, renewed, deadLetterSource } = record;
    const to = this.#queues.get(record.toQueue);
    this.drop(from, message);
    this.#lastSequence = Math.max(this.#lastSequence, newSequence);
    if (to === undefined) return;
    const { receiveCount, firstReceivedMs, groupId, place } = message;
    const kept: MessageState = {
      ...{ receiveCount, receivedElsewhere: receiveCount, firstReceivedMs, inFlight: false },
      deadLetterSource,
    };
    this.#add(to, {
      sequence: newSequence,
      messageId: renewed?.messageId ?? message.messageId,
      sentMs: renewed?.sentMs ?? message.sentMs,
      visibleMs: 0,
      groupId,
      place,
      state: renewed === null ? kept : NEW_MESSAGE,
    });
  }

  #change(sequence: number, apply: (queue: Queue, message: Message) => void): void {
    const queue = this.#owners.get(sequence);
    const message = queue?.get(sequence);
    if (queue !== undefined && message !== undefined) apply(queue, message);
  }

  #compactWhenDue(): void {
    const { sizeBytes } = this.#journal;
    const superseded = sizeBytes - this.#liveBytes;
    if (superseded < Math.max(this.#liveBytes, this.#minSupersededBytes)) return;
    if (sizeBytes < this.#compactAtBytes) return;
    try {
      this.#compact();
      this.#compactAtBytes = 0;
    } catch {
      // The old journal is complete: the next attempt is put off.
      this.#compactAtBytes = 2 * sizeBytes;
    }
  }

  #compact(): void {
    const messages = this.queues().flatMap((queue) => [...queue.messages()]);
    const settings = [...this.#settingRecords()];
    const store = this;
    function* snapshot(): Generator<QueueRecord> {
      yield* settings;
      for (const message of messages) yield store.#snapshotOf(message);
    }
    this.#journal.rewrite(snapshot(), (places) => {
      this.#liveBytes = 0;
      for (const [index, message] of messages.entries()) {
        message.place = places[settings.length + index] ?? message.place;
        this.#liveBytes += message.place.sizeBytes;
      }
    });
  }

  *#settingRecords(): Generator<QueueRecord> {
    yield { type: 'sequence', last: this.#lastSequence };
    for (const queue of this.#queues.values()) {
      const { fifo: _, ...settings } = queue.settings;
      yield { type: 'queue', ...settings };
      for (const [key, sent] of queue.sentKeys()) {
        if (sent.sentMs + DEDUPLICATION_MS <= this.nowMs()) continue;
        yield { type: 'duplicate-key', queue: queue.settings.name, key, ...sent };
      }
    }
  }

  #snapshotOf(message: Message): MessageRecord {
    const { sequence, messageId, sentMs, visibleMs, phase, mappingHolds, ...state } = message;
    const { receiveCount, receivedElsewhere, firstReceivedMs, deadLetterSource } = state;
    return {
      ...this.read(message),
      queue: this.#owners.get(sequence)?.settings.name ?? '',
      ...{ sequence, messageId, sentMs, visibleMs },
      deduplicationKey: null,
      state: {
        ...{ receiveCount, receivedElsewhere, firstReceivedMs, deadLetterSource },
        inFlight: phase === 'in-flight',
        ...(mappingHolds ? { mappingHolds } : {}),
      },
    };
  }
}
