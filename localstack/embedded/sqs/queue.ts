import type { JournalPlace } from '#embedded/journal.ts';
import { TimeHeap } from '#embedded/time-heap.ts';
import type { MessageState } from './queue-record.ts';

/** What is kept of a message in memory; its body stays in the journal. */
export interface Message {
  readonly sequence: number;
  readonly messageId: string;
  readonly sentMs: number;
  readonly groupId: string | null;
  place: JournalPlace;
  visibleMs: number;
  receiveCount: number;
  readonly receivedElsewhere: number;
  firstReceivedMs: number | null;
  readonly deadLetterSource: string | null;
  /** `waiting`: delayed at its sending; `in-flight`: received and neither deleted nor visible again. */
  phase: 'visible' | 'waiting' | 'in-flight';
  /** An event source mapping received it last, and nobody has chosen another visibility since. */
  mappingHolds: boolean;
}

interface Group {
  readonly messages: Map<number, Message>;
  inFlight: number;
}

export interface QueueSettings {
  readonly name: string;
  readonly fifo: boolean;
  readonly createdMs: number;
  readonly modifiedMs: number;
  readonly attributes: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
}

/** Source: Amazon SQS developer guide, "Exactly-once processing in Amazon SQS". */
export const DEDUPLICATION_MS = 5 * 60_000;

/** Timers of messages that are gone; beyond this they are cleared away. */
const MAX_STALE_TIMERS = 1024;

export interface SentBefore {
  readonly messageId: string;
  readonly sequence: number;
  readonly sentMs: number;
}

/**
 * The messages of one queue and which of them may be received. In a FIFO queue a group with a message in flight gives
 * nothing out, so its order holds. Each call costs O(1), or O(log n) where a time is involved.
 */
export class Queue {
  settings: QueueSettings;
  /** Of SetQueueAttributes; changes make waiting receivers look again. */
  readonly #listeners = new Set<() => void>();
  /** In the order of their sequences. */
  readonly #messages = new Map<number, Message>();
  readonly #visible = new Map<number, Message>();
  readonly #groups = new Map<string, Group>();
  /** Groups whose first message may be received, the longest waiting one first. */
  readonly #readyGroups = new Map<string, Group>();
  readonly #timers = new TimeHeap<Message>();
  readonly #sentBefore = new Map<string, SentBefore>();
  #waiting = 0;
  #inFlight = 0;

  constructor(settings: QueueSettings) {
    this.settings = settings;
  }

  get size(): number {
    return this.#messages.size;
  }

  get waitingCount(): number {
    return this.#waiting;
  }

  get inFlightCount(): number {
    return this.#inFlight;
  }

  get visibleCount(): number {
    return this.size - this.#waiting - this.#inFlight;
  }

  /** When the next message becomes visible by itself; infinite when none does. */
  get nextVisibleMs(): number {
    return this.#timers.nextMs;
  }

  messages(): Iterable<Message> {
    return this.#messages.values();
  }

  /** The one sent first; undefined in an empty queue. */
  oldest(): Message | undefined {
    return this.#messages.values().next().value;
  }

  get(sequence: number): Message | undefined {
    return this.#messages.get(sequence);
  }

  /** Calls back when a message may have become visible; returns the function that stops it. */
  onVisible(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  wake(): void {
    for (const listener of [...this.#listeners]) listener();
  }

  add(
    message: Pick<
      Message,
      'sequence' | 'messageId' | 'sentMs' | 'groupId' | 'place' | 'visibleMs'
    > & { readonly state: MessageState },
    nowMs: number,
  ): void {
    const { state, ...given } = message;
    const { inFlight, mappingHolds = false, ...history } = state;
    const added: Message = { ...given, ...history, mappingHolds, phase: 'visible' };
    this.#messages.set(added.sequence, added);
    if (added.groupId !== null && this.settings.fifo)
      this.#groupOf(added).messages.set(added.sequence, added);
    if (inFlight) this.hide(added, added.visibleMs);
    else if (added.visibleMs > nowMs) this.#wait(added);
    else this.#show(added);
  }

  /** Makes messages visible whose time has come. */
  showDue(nowMs: number): void {
    for (;;) {
      const due = this.#timers.takeDue(nowMs);
      if (due === null) return;
      const message = due.value;
      // What was deleted, or got another time since, has an entry of its own or none.
      if (!this.#isDueAt(message, due.atMs)) continue;
      this.#leavePhase(message);
      this.#show(message);
    }
  }

  /** Up to `limit` messages that may be received now, in order. They stay visible until `hide`. */
  next(limit: number): Message[] {
    if (!this.settings.fifo) return take(this.#visible.values(), limit);
    const found: Message[] = [];
    for (const group of this.#readyGroups.values()) {
      if (found.length >= limit) break;
      for (const message of group.messages.values()) {
        // A delayed message holds back the ones behind it.
        if (found.length >= limit || message.phase !== 'visible') break;
        found.push(message);
      }
    }
    return found;
  }

  /** Keeps a message from being received until a time. */
  hide(message: Message, visibleMs: number): void {
    this.#leavePhase(message);
    message.phase = 'in-flight';
    message.visibleMs = visibleMs;
    this.#inFlight += 1;
    this.#timers.add(visibleMs, message);
    const group = this.#groupIfAny(message);
    if (group !== null) group.inFlight += 1;
    this.#judgeGroup(message);
  }

  remove(message: Message): void {
    this.#messages.delete(message.sequence);
    this.#leavePhase(message);
    const timers = this.#waiting + this.#inFlight;
    if (this.#timers.size > 2 * timers + MAX_STALE_TIMERS) {
      this.#timers.retain((value, atMs) => this.#isDueAt(value, atMs));
    }
    const { groupId } = message;
    const group = this.#groupIfAny(message);
    group?.messages.delete(message.sequence);
    if (groupId !== null && group?.messages.size === 0) {
      this.#groups.delete(groupId);
      this.#readyGroups.delete(groupId);
    } else {
      this.#judgeGroup(message);
    }
  }

  clear(): void {
    for (const message of [...this.#messages.values()]) this.remove(message);
  }

  rememberSent(key: string, sent: SentBefore): void {
    this.#sentBefore.delete(key);
    this.#sentBefore.set(key, sent);
  }

  /** The message that was sent with this key in the last five minutes; null when there was none. */
  sentBefore(key: string, nowMs: number): SentBefore | null {
    for (const [oldKey, { sentMs }] of this.#sentBefore) {
      if (sentMs + DEDUPLICATION_MS > nowMs) break;
      this.#sentBefore.delete(oldKey);
    }
    return this.#sentBefore.get(key) ?? null;
  }

  sentKeys(): Iterable<[string, SentBefore]> {
    return this.#sentBefore.entries();
  }

  #isDueAt(message: Message, atMs: number): boolean {
    const isCurrent = this.#messages.get(message.sequence) === message;
    return isCurrent && message.phase !== 'visible' && message.visibleMs === atMs;
  }

  #wait(message: Message): void {
    message.phase = 'waiting';
    this.#waiting += 1;
    this.#timers.add(message.visibleMs, message);
    this.#judgeGroup(message);
  }

  #show(message: Message): void {
    message.phase = 'visible';
    if (this.settings.fifo) this.#judgeGroup(message);
    else this.#visible.set(message.sequence, message);
    this.wake();
  }

  #leavePhase(message: Message): void {
    if (message.phase === 'waiting') this.#waiting -= 1;
    if (message.phase === 'in-flight') {
      this.#inFlight -= 1;
      const group = this.#groupIfAny(message);
      if (group !== null) group.inFlight -= 1;
    }
    message.phase = 'visible';
    this.#visible.delete(message.sequence);
  }

  #groupOf(message: Message): Group {
    const id = message.groupId ?? '';
    const group = this.#groups.get(id) ?? { messages: new Map(), inFlight: 0 };
    this.#groups.set(id, group);
    return group;
  }

  #groupIfAny(message: Message): Group | null {
    if (!this.settings.fifo) return null;
    return this.#groups.get(message.groupId ?? '') ?? null;
  }

  #judgeGroup(message: Message): void {
    const group = this.#groupIfAny(message);
    if (group === null) return;
    const id = message.groupId ?? '';
    const first = group.messages.values().next().value;
    const isReady = group.inFlight === 0 && first?.phase === 'visible';
    if (!isReady) {
      this.#readyGroups.delete(id);
    } else if (!this.#readyGroups.has(id)) {
      this.#readyGroups.set(id, group);
      this.wake();
    }
  }
}

function take<T>(values: Iterable<T>, limit: number): T[] {
  const taken: T[] = [];
  for (const value of values) {
    if (taken.length >= limit) break;
    taken.push(value);
  }
  return taken;
}
