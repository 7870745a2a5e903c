import { createHash } from 'node:crypto';
import { createReadStream, statSync } from 'node:fs';
import path from 'node:path';
import { createDynamoDbFileRunStore } from '#adapters/aws/dynamodb-file-run-store.ts';
import { createS3ObjectStore } from '#adapters/aws/s3-object-store.ts';
import type { FileSource } from '#core/config/project.ts';
import { SluiceError } from '#core/errors.ts';
import { decodeFileRun, type FileRun, fileIdentity } from '#core/file/file-run.ts';
import type { FileRunKey } from '#ports/file-run-store.ts';
import { type AwsTarget, createDynamoDbClient, createS3Client } from './aws-clients.ts';

/** Uploaded files as tools see them. */
export interface FileAccess {
  /** Runs of an entry, newest upload first. */
  runsOf(domain: string, entry: string): Promise<readonly FileRun[]>;
  run(key: FileRunKey): Promise<FileRun | null>;
  /** Uploads a local file as any S3 client would; tells bytes that are on their way. Throws USAGE when it cannot be read. */
  upload(
    file: string,
    to: {
      readonly domain: string;
      readonly entry: FileSource;
      readonly onBytes: (done: number) => void;
    },
  ): Promise<{ readonly uri: string; readonly key: FileRunKey; readonly sizeBytes: number }>;
  close(): void;
}

export function openFiles(
  target: AwsTarget,
  options: { readonly landingBucket: string; readonly connectorsTable: string },
): FileAccess {
  const s3 = createS3Client(target);
  const dynamoDb = createDynamoDbClient(target);
  const store = createS3ObjectStore(s3);
  const runs = createDynamoDbFileRunStore(dynamoDb, options.connectorsTable);
  return {
    async runsOf(domain, entry) {
      const found: FileRun[] = [];
      for await (const { state } of runs.list(domain, entry)) found.push(decodeFileRun(state));
      return found.sort((a, b) => b.modifiedMs - a.modifiedMs);
    },
    async run(key) {
      const record = await runs.get(key);
      return record === null ? null : decodeFileRun(record.state);
    },
    async upload(file, { domain, entry, onBytes }) {
      sizeOfFile(file);
      const name = path.basename(file);
      const uri = `s3://${options.landingBucket}/${domain}/${entry.path}/${name}`;
      const hash = createHash('sha256');
      async function* bytes(): AsyncGenerator<Uint8Array> {
        let done = 0;
        for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) {
          hash.update(chunk);
          done += chunk.length;
          onBytes(done);
          yield chunk;
        }
      }
      const { sizeBytes } = await store.write(uri, bytes());
      const identity = fileIdentity(name, hash.digest('hex'));
      return { uri, sizeBytes, key: { domain, entry: entry.name, file: identity } };
    },
    close: () => {
      s3.destroy();
      dynamoDb.destroy();
    },
  };
}

/** Bytes of a local file. Throws USAGE when there is none. */
export function sizeOfFile(file: string): number {
  try {
    const stats = statSync(file);
    if (stats.isFile()) return stats.size;
  } catch {
    // Said below.
  }
  throw new SluiceError('USAGE', `cannot read ${file}: expected a file; check the path`);
}
