import { createHash } from 'node:crypto';
import { ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { createDynamoDbFileRunStore } from '#adapters/aws/dynamodb-file-run-store.ts';
import { connectorsTableOf, landingBucketOf } from '#cli/stack-outputs.ts';
import type { Domain, FileSource } from '#core/config/project.ts';
import { fileIdentity } from '#core/file/file-run.ts';
import type { LocalDeployment } from './local-deployment.ts';

const NAME = 'privilege';
/** A JSON object that is a row of no stream. */
const INVALID = '{"of no stream": 1}\n';

/** An entry that takes lines for any stream, and gives way to others after each step. */
export function privilegeEntry(domain: Domain): FileSource {
  return {
    name: NAME,
    stream: domain.streams[0]?.name ?? '',
    path: NAME,
    format: { kind: 'jsonl', encoding: 'utf-8', maxLineBytes: 1_000 },
    times: { timeZone: 'UTC', timestampFormat: null, dateFormat: null },
    nullText: '',
    turnMs: 0,
    select: [],
  };
}

/** A file in two turns, with an error file and a report, and one that somebody else is working on. */
export async function driveFileIngest(deployment: LocalDeployment, domain: string): Promise<void> {
  const { outputs } = deployment.cloud.health();
  const bucket = landingBucketOf(outputs);
  const put = (name: string, body: string) =>
    deployment.clients.s3.send(
      new PutObjectCommand({ Bucket: bucket, Key: `${domain}/${NAME}/${name}`, Body: body }),
    );
  await put('a b+ü.jsonl', INVALID);
  await deployment.drained();
  const { Contents: written = [] } = await deployment.clients.s3.send(
    new ListObjectsV2Command({ Bucket: bucket, Prefix: `errors/${domain}/${NAME}/` }),
  );
  const kinds = written.map(({ Key = '' }) => Key.slice(Key.lastIndexOf('.'))).sort();
  if (kinds.join() !== '.csv,.json') {
    throw new Error(`expected an error file and a report of ${domain}, got ${kinds.join(', ')}`);
  }
  const runs = createDynamoDbFileRunStore(deployment.clients.dynamoDb, connectorsTableOf(outputs));
  const body = `${INVALID}${INVALID}`;
  const checksum = createHash('sha256').update(body).digest('hex');
  await runs.acquire(
    { domain, entry: NAME, file: fileIdentity('held.jsonl', checksum) },
    { owner: 'somebody else', freeBeforeMs: 0, untilMs: Date.now() + 3_600_000 },
  );
  await put('held.jsonl', body);
  await deployment.drained();
}
