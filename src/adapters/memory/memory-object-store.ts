import { SluiceError } from '#core/errors.ts';
import type { Clock } from '#ports/clock.ts';
import type { ObjectStat, StreamingObjectStore } from '#ports/object-store.ts';

interface StoredObject {
  readonly body: Uint8Array;
  readonly modifiedMs: number;
}

/** What was asked of the store so far. */
export interface ObjectStoreTraffic {
  gets: number;
  getBytes: number;
  puts: number;
  putBytes: number;
  lists: number;
  deletes: number;
}

/** ObjectStore in memory. Conditional writes decide in one step, so races are unit tests. */
export class MemoryObjectStore implements StreamingObjectStore {
  readonly traffic: ObjectStoreTraffic = {
    gets: 0,
    getBytes: 0,
    puts: 0,
    putBytes: 0,
    lists: 0,
    deletes: 0,
  };
  /** Fails an operation with the error returned, before it takes effect. */
  fault: (operation: 'get' | 'put', uri: string) => SluiceError | null = () => null;
  /** Of the chunks that `read` gives. */
  chunkBytes = 65_536;
  readonly #objects = new Map<string, StoredObject>();
  readonly #versions = new Map<string, StoredObject>();
  readonly #nowMs: () => number;

  constructor(options: { readonly clock?: Pick<Clock, 'nowMs'> } = {}) {
    this.#nowMs = options.clock === undefined ? Date.now : () => options.clock?.nowMs() ?? 0;
  }

  async get(uri: string): Promise<Uint8Array> {
    this.#failIfAsked('get', uri);
    const object = this.#objects.get(uri);
    if (object === undefined) {
      throw new SluiceError('OBJECT_NOT_FOUND', `${uri}: no such object`, { context: { uri } });
    }
    this.traffic.gets++;
    this.traffic.getBytes += object.body.length;
    return object.body.slice();
  }

  async head(uri: string): Promise<{ readonly sizeBytes: number } | null> {
    const object = this.#objects.get(uri);
    return object === undefined ? null : { sizeBytes: object.body.length };
  }

  async put(
    uri: string,
    body: Uint8Array,
    options: { readonly ifNoneMatch?: '*'; readonly contentType?: string } = {},
  ): Promise<void> {
    this.#failIfAsked('put', uri);
    if (options.ifNoneMatch === '*' && this.#objects.has(uri)) {
      throw new SluiceError('OBJECT_EXISTS', `${uri}: the key is taken`, { context: { uri } });
    }
    this.traffic.puts++;
    this.traffic.putBytes += body.length;
    this.#objects.set(uri, { body: Uint8Array.from(body), modifiedMs: this.#nowMs() });
  }

  async *list(prefixUri: string): AsyncIterable<{
    readonly uri: string;
    readonly sizeBytes: number;
    readonly modifiedMs: number;
  }> {
    this.traffic.lists++;
    const uris = [...this.#objects.keys()].filter((uri) => uri.startsWith(prefixUri));
    uris.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    for (const uri of uris) {
      const object = this.#objects.get(uri);
      if (object === undefined) continue;
      yield { uri, sizeBytes: object.body.length, modifiedMs: object.modifiedMs };
    }
  }

  async delete(uri: string): Promise<void> {
    this.traffic.deletes++;
    this.#objects.delete(uri);
  }

  async stat(
    uri: string,
    options: { readonly versionId?: string } = {},
  ): Promise<ObjectStat | null> {
    const object = this.#versionOf(uri, options.versionId);
    if (object === undefined) return null;
    return { sizeBytes: object.body.length, modifiedMs: object.modifiedMs };
  }

  async *read(
    uri: string,
    options: { readonly offset?: number; readonly versionId?: string } = {},
  ): AsyncGenerator<Uint8Array, void> {
    this.#failIfAsked('get', uri);
    const object = this.#versionOf(uri, options.versionId);
    if (object === undefined) {
      throw new SluiceError('OBJECT_NOT_FOUND', `${uri}: no such object`, { context: { uri } });
    }
    this.traffic.gets++;
    for (let at = options.offset ?? 0; at < object.body.length; at += this.chunkBytes) {
      const chunk = object.body.slice(at, at + this.chunkBytes);
      this.traffic.getBytes += chunk.length;
      yield chunk;
    }
  }

  async write(
    uri: string,
    chunks: AsyncIterable<Uint8Array>,
    options: { readonly contentType?: string } = {},
  ): Promise<{ readonly sizeBytes: number }> {
    const parts: Uint8Array[] = [];
    for await (const chunk of chunks) parts.push(Uint8Array.from(chunk));
    const body = Buffer.concat(parts);
    await this.put(uri, body, options);
    return { sizeBytes: body.length };
  }

  /** Keeps what stands under a key now as a version that can be read by name. */
  keepVersion(uri: string, versionId: string): void {
    const object = this.#objects.get(uri);
    if (object !== undefined) this.#versions.set(`${uri} ${versionId}`, object);
  }

  #versionOf(uri: string, versionId: string | undefined): StoredObject | undefined {
    return versionId === undefined
      ? this.#objects.get(uri)
      : this.#versions.get(`${uri} ${versionId}`);
  }

  #failIfAsked(operation: 'get' | 'put', uri: string): void {
    const error = this.fault(operation, uri);
    if (error !== null) throw error;
  }
}
