/** As DurableTasks, for a service without a folder. */
export class MemoryTasks<T> {
  readonly #tasks = new Map<number, T>();
  #lastId = 0;

  ids(): readonly number[] {
    return [...this.#tasks.keys()];
  }

  add(task: T): number {
    this.#lastId += 1;
    this.#tasks.set(this.#lastId, task);
    return this.#lastId;
  }

  read(id: number): T | null {
    return this.#tasks.get(id) ?? null;
  }

  finish(id: number): void {
    this.#tasks.delete(id);
  }

  close(): void {
    this.#tasks.clear();
  }
}
