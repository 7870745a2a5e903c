import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { type Journal, type JournalFormat, type JournalPlace, openJournal } from './journal.ts';

interface TaskRecord<T> {
  readonly type: 'task';
  readonly id: number;
  readonly task: T;
}

/** The file is rewritten when what is done takes this much and is the majority. */
const MIN_SUPERSEDED_BYTES = 4 * 1024 * 1024;

/**
 * Work that was accepted and has to be done at least once: what `add` returned from survives SIGKILL until `finish`.
 * Memory holds a few words per task, the file its content.
 */
export class DurableTasks<T> {
  readonly #journal: Journal;
  readonly #places = new Map<number, JournalPlace>();
  #lastId = 0;
  #liveBytes = 0;
  #compactAtBytes = 0;

  /** Throws FORMAT_CORRUPT when the file is damaged. */
  constructor(file: string, format: JournalFormat) {
    mkdirSync(path.dirname(file), { recursive: true });
    this.#journal = openJournal(file, format, (value, place) => {
      // Every line's checksum was verified: what is in the file was written by this class.
      const record = value as TaskRecord<T> | { readonly type: 'done'; readonly id: number };
      this.#lastId = Math.max(this.#lastId, record.id);
      if (record.type === 'task') this.#keep(record.id, place);
      else this.#forget(record.id);
    });
  }

  /** Tasks that are not finished. */
  get size(): number {
    return this.#places.size;
  }

  /** Ids of unfinished tasks, the oldest first. */
  ids(): readonly number[] {
    return [...this.#places.keys()];
  }

  /** Throws when the task cannot be kept. */
  add(task: T): number {
    const id = this.#lastId + 1;
    const place = this.#journal.appendAt({ type: 'task', id, task });
    this.#lastId = id;
    this.#keep(id, place);
    this.#compactWhenDue();
    return id;
  }

  /** Null when it is finished. */
  read(id: number): T | null {
    const place = this.#places.get(id);
    return place === undefined ? null : (this.#journal.read(place) as TaskRecord<T>).task;
  }

  finish(id: number): void {
    if (!this.#places.has(id)) return;
    this.#journal.append([{ type: 'done', id }]);
    this.#forget(id);
    this.#compactWhenDue();
  }

  close(): void {
    this.#journal.close();
  }

  #keep(id: number, place: JournalPlace): void {
    this.#places.set(id, place);
    this.#liveBytes += place.sizeBytes;
  }

  #forget(id: number): void {
    this.#liveBytes -= this.#places.get(id)?.sizeBytes ?? 0;
    this.#places.delete(id);
  }

  #compactWhenDue(): void {
    const { sizeBytes } = this.#journal;
    const dueAtBytes = this.#liveBytes + Math.max(this.#liveBytes, MIN_SUPERSEDED_BYTES);
    if (sizeBytes < Math.max(dueAtBytes, this.#compactAtBytes)) return;
    const places = [...this.#places];
    const journal = this.#journal;
    function* records(): Generator<unknown> {
      for (const [, place] of places) yield journal.read(place);
    }
    try {
      journal.rewrite(records(), (moved) => {
        for (const [index, [id, old]] of places.entries()) {
          this.#places.set(id, moved[index] ?? old);
        }
      });
      this.#compactAtBytes = 0;
    } catch {
      // The old file is complete: the next attempt is put off.
      this.#compactAtBytes = 2 * sizeBytes;
    }
  }
}
