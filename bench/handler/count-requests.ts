import type { SourceChain } from '#core/delivery/source-chain.ts';
import { encodeSourceChain } from '#core/delivery/source-chain-codec.ts';
import type { MessageQueue } from '#ports/message-queue.ts';
import type { ObjectStore } from '#ports/object-store.ts';
import type { StagingLog } from '#ports/staging-log.ts';
import type { TableCatalog } from '#ports/table-catalog.ts';
import type { BenchLake } from './bench-lake.ts';

/** Requests that are billed, by the unit they are billed in. */
export interface RequestCounts {
  s3Puts: number;
  s3Gets: number;
  glueRequests: number;
  dynamoWriteUnits: number;
  dynamoReadUnits: number;
  messages: number;
}

export function noRequests(): RequestCounts {
  return {
    s3Puts: 0,
    s3Gets: 0,
    glueRequests: 0,
    dynamoWriteUnits: 0,
    dynamoReadUnits: 0,
    messages: 0,
  };
}

/** The same lake and a doorbell; every request is added to `counts`. */
export function countRequests(
  { store, catalog, stagingLog }: BenchLake,
  counts: RequestCounts,
): BenchLake & { readonly doorbell: MessageQueue } {
  return {
    store: countingStore(store, counts),
    catalog: countingCatalog(catalog, counts),
    stagingLog: countingLog(stagingLog, counts),
    doorbell: {
      send: async () => {
        counts.messages += 1;
      },
    },
  };
}

/** HEAD costs as GET, LIST as PUT, DELETE nothing. Source: Amazon S3 pricing. */
function countingStore(store: ObjectStore, counts: RequestCounts): ObjectStore {
  const counted = <T>(what: 's3Puts' | 's3Gets', result: T): T => {
    counts[what] += 1;
    return result;
  };
  return {
    get: (uri) => counted('s3Gets', store.get(uri)),
    head: (uri) => counted('s3Gets', store.head(uri)),
    put: (uri, body, options) => counted('s3Puts', store.put(uri, body, options)),
    list: (prefix) => counted('s3Puts', store.list(prefix)),
    delete: (uri) => store.delete(uri),
  };
}

function countingCatalog(catalog: TableCatalog, counts: RequestCounts): TableCatalog {
  const counted = <T>(result: T): T => {
    counts.glueRequests += 1;
    return result;
  };
  return {
    load: (ident) => counted(catalog.load(ident)),
    swap: (ident, base, next) => counted(catalog.swap(ident, base, next)),
    list: (database) => counted(catalog.list(database)),
  };
}

/** Source: DynamoDB developer guide, "DynamoDB read and write operations": strongly consistent reads. */
const WRITE_UNIT_BYTES = 1024;
const READ_UNIT_BYTES = 4096;

function countingLog(log: StagingLog, counts: RequestCounts): StagingLog {
  const read = (chains: readonly SourceChain[]): void => {
    const bytes = chains.reduce((sum, chain) => sum + sizeOf(chain), 0);
    counts.dynamoReadUnits += Math.max(1, Math.ceil(bytes / READ_UNIT_BYTES));
  };
  const written = (chain: SourceChain): void => {
    counts.dynamoWriteUnits += Math.ceil(sizeOf(chain) / WRITE_UNIT_BYTES);
  };
  return {
    read: async (domain, source) => {
      const chain = await log.read(domain, source);
      read(chain === null ? [] : [chain]);
      return chain;
    },
    list: async (domain) => {
      const chains = await log.list(domain);
      read(chains);
      return chains;
    },
    put: (domain, chain) => {
      written(chain);
      return log.put(domain, chain);
    },
    remove: (domain, chain) => {
      written(chain);
      return log.remove(domain, chain);
    },
  };
}

/** Keys and version take some bytes besides the document. */
const KEY_BYTES = 100;

function sizeOf(chain: SourceChain): number {
  return Buffer.byteLength(encodeSourceChain(chain)) + KEY_BYTES;
}
