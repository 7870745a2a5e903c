import { SluiceError } from '#core/errors.ts';
import type { TableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import type { TableCatalog, TableIdent, TablePointer } from '#ports/table-catalog.ts';

/**
 * How a swap goes wrong:
 * - `conflict`: refused, nothing changed
 * - `lost-request`: outcome unknown, nothing changed
 * - `lost-answer`: outcome unknown, but it happened
 * - `late`: outcome unknown, and it is carried out only when the next swap arrives, just before that one
 * - `answered-as-conflict`: it happened, but the client repeated the request and saw its own commit as a conflict
 */
export type SwapFault =
  | 'conflict'
  | 'lost-request'
  | 'lost-answer'
  | 'late'
  | 'answered-as-conflict';

interface SwapRequest {
  readonly ident: TableIdent;
  readonly base: TablePointer;
  readonly metadataLocation: string;
}

/** TableCatalog in memory. Tokens count up and are never used twice. */
export class MemoryTableCatalog implements TableCatalog {
  /** Called once per swap, in order, with its number from 1. */
  swapFault: (swap: number) => SwapFault | null = () => null;
  /** Fails loads with the error returned. */
  loadFault: (load: number) => SluiceError | null = () => null;
  /** Swaps that took effect. */
  commits = 0;
  #swaps = 0;
  #loads = 0;
  #version = 0;
  #inFlight: SwapRequest | null = null;
  readonly #tables = new Map<string, { readonly ident: TableIdent; pointer: TablePointer }>();

  /** Registers a table whose first metadata file is written. Throws TABLE_EXISTS. */
  create(ident: TableIdent, metadataLocation: string): void {
    const key = keyOf(ident);
    if (this.#tables.has(key)) {
      throw new SluiceError('TABLE_EXISTS', `${key}: the catalog has such a table`);
    }
    this.#tables.set(key, { ident, pointer: { metadataLocation, token: this.#nextToken() } });
  }

  /** Forgets a table; tokens go on counting. Throws TABLE_NOT_FOUND. */
  drop(ident: TableIdent): void {
    this.#table(ident);
    this.#tables.delete(keyOf(ident));
  }

  async load(ident: TableIdent): Promise<TablePointer> {
    const error = this.loadFault(++this.#loads);
    if (error !== null) throw error;
    return this.#table(ident).pointer;
  }

  async swap(
    ident: TableIdent,
    base: TablePointer,
    next: { readonly metadataLocation: string; readonly metadata: TableMetadata },
  ): Promise<void> {
    const fault = this.swapFault(++this.#swaps);
    this.#deliverLateSwap();
    const request = { ident, base, metadataLocation: next.metadataLocation };
    switch (fault) {
      case 'conflict':
        throw conflict(ident);
      case 'lost-request':
        throw unknownOutcome(ident);
      case 'late':
        this.#inFlight = request;
        throw unknownOutcome(ident);
      case 'lost-answer':
        this.#apply(request);
        throw unknownOutcome(ident);
      case 'answered-as-conflict':
        this.#apply(request);
        throw conflict(ident);
      case null:
        this.#apply(request);
    }
  }

  async list(database: string): Promise<readonly TableIdent[]> {
    const idents = [...this.#tables.values()].map((table) => table.ident);
    return idents
      .filter((ident) => ident.database === database)
      .sort((a, b) => (a.table < b.table ? -1 : 1));
  }

  #apply(request: SwapRequest): void {
    const table = this.#table(request.ident);
    const { token, metadataLocation } = table.pointer;
    if (token !== request.base.token || metadataLocation !== request.base.metadataLocation) {
      throw conflict(request.ident);
    }
    table.pointer = { metadataLocation: request.metadataLocation, token: this.#nextToken() };
    this.commits++;
  }

  #deliverLateSwap(): void {
    const request = this.#inFlight;
    this.#inFlight = null;
    if (request === null) return;
    try {
      this.#apply(request);
    } catch {
      // Nobody waits for the answer of a late request; a conflict leaves nothing behind.
    }
  }

  #table(ident: TableIdent): { readonly ident: TableIdent; pointer: TablePointer } {
    const table = this.#tables.get(keyOf(ident));
    if (table === undefined) {
      throw new SluiceError('TABLE_NOT_FOUND', `${keyOf(ident)}: the catalog has no such table`);
    }
    return table;
  }

  #nextToken(): string {
    this.#version++;
    return String(this.#version);
  }
}

function keyOf(ident: TableIdent): string {
  return `${ident.database}.${ident.table}`;
}

function conflict(ident: TableIdent): SluiceError {
  return new SluiceError('COMMIT_CONFLICT', `${keyOf(ident)}: another writer committed first`);
}

function unknownOutcome(ident: TableIdent): SluiceError {
  return new SluiceError('COMMIT_STATE_UNKNOWN', `${keyOf(ident)}: the swap's answer was lost`);
}
