import { spawn } from 'node:child_process';
import { appendFileSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { createKinesisService } from '#embedded/kinesis/kinesis-service.ts';
import { callKinesis } from '../kinesis/call-kinesis.ts';
import { temporaryFolder } from '../kinesis/temporary-folder.ts';
import { startLambda, waitUntil, writeFunction } from './start-lambda.ts';
import { mapping, numbered, startMappings } from './start-mappings.ts';

/** A handler that appends the data of its records, one per line, to the file DELIVERED after `before`. */
function recordingFunction(before: string, options: Parameters<typeof writeFunction>[1] = {}) {
  const delivered = path.join(temporaryFolder(), 'delivered');
  appendFileSync(delivered, '');
  const source = `
    import { appendFileSync } from 'node:fs';
    export const handler = async (event) => {
      const texts = event.Records.map((r) => Buffer.from(r.kinesis.data, 'base64').toString());
      ${before}
      appendFileSync(process.env.DELIVERED, texts.map((t) => t + '\\n').join(''));
    };`;
  const config = writeFunction(source, { environment: { DELIVERED: delivered }, ...options });
  const lines = () => readFileSync(delivered, 'utf8').split('\n').slice(0, -1);
  return { config, lines };
}

describe('a function in a sandbox behind an event source mapping', () => {
  it.each([
    ['throws', 'throw new Error("poison");'],
    ['exits', 'process.exit(1);'],
    ['does not come back in time', 'await new Promise((r) => setTimeout(r, 60_000));'],
  ])(
    'that %s on one record loses that record to the destination and nothing else',
    async (_name, failure) => {
      const { service } = startLambda();
      const { config, lines } = recordingFunction(
        `if (texts.includes('record-5')) { ${failure} }`,
        {
          timeoutMs: 400,
        },
      );
      service.ensureFunction(config);
      const { mappings, objects, put } = startMappings(service, {
        mapping: { bisectOnError: true, maxRetryAttempts: 0 },
      });
      const texts = numbered(8);
      await put(texts);
      mappings.start();
      await mappings.drained();
      expect(lines()).toEqual(texts.filter((text) => text !== 'record-5'));
      expect([...objects.values()]).toMatchObject([{ KinesisBatchInfo: { batchSize: 1 } }]);
    },
  );

  it('gets a batch again after its sandbox was killed from outside', async () => {
    const { service } = startLambda();
    const { config, lines } = recordingFunction('await new Promise((r) => setTimeout(r, 300));');
    service.ensureFunction(config);
    const { mappings, put } = startMappings(service);
    await put(['a']);
    mappings.start();
    await waitUntil(() => service.childPids().length === 1);
    await new Promise((resolve) => setTimeout(resolve, 150));
    for (const pid of service.childPids()) process.kill(pid, 'SIGKILL');
    await mappings.drained();
    expect(lines()).toEqual(['a']);
  });
});

/** A local cloud that consumes its kept state until it is killed. */
const CLOUD = `
import { createKinesisService } from '#embedded/kinesis/kinesis-service.ts';
import { createEventSourceMappings } from '#embedded/lambda/event-source-mappings.ts';
import { createLambdaService } from '#embedded/lambda/lambda-service.ts';
const [stateDir, config, mapping] = [process.argv[1], ...process.argv.slice(2).map((text) => JSON.parse(text))];
const kinesis = createKinesisService({ stateDir: stateDir + '/kinesis' });
const lambda = createLambdaService({ endpointUrl: null });
lambda.ensureFunction(config);
const s3 = { putObject: async () => true };
const mappings = createEventSourceMappings({ stateDir: stateDir + '/mappings', kinesis, lambda, s3 });
mappings.ensureMapping(mapping);
mappings.start();
await mappings.drained();
process.stdout.write('drained\\n');
`;

describe('a local cloud that is killed again and again', () => {
  it('delivers every record at least once, in order, and repeats at most the batch in flight', async () => {
    const stateDir = temporaryFolder();
    const kinesis = createKinesisService({ stateDir: `${stateDir}/kinesis` });
    kinesis.ensureStream({ name: 'orders', shardCount: 1, retentionHours: 24 });
    const texts = numbered(200);
    const Records = texts.map((text) => ({
      PartitionKey: 'k',
      Data: Buffer.from(text).toString('base64'),
    }));
    await callKinesis(kinesis, 'PutRecords', { StreamName: 'orders', Records });
    await kinesis.close();
    const { config, lines } = recordingFunction('await new Promise((r) => setTimeout(r, 4));');
    const args = [stateDir, JSON.stringify(config), JSON.stringify({ ...mapping, batchSize: 4 })];
    let kills = 0;
    for (let isDrained = false; !isDrained; ) {
      const cloud = spawn(
        process.execPath,
        ['--input-type=module-typescript', '-e', CLOUD, ...args],
        {
          stdio: ['ignore', 'pipe', 'inherit'],
        },
      );
      const exited = new Promise((resolve) => cloud.once('exit', resolve));
      const before = lines().length;
      const drained = new Promise<boolean>((resolve) =>
        cloud.stdout.once('data', () => resolve(true)),
      );
      const hasWorked = () => waitUntil(() => lines().length >= before + 40).then(() => false);
      isDrained = kills < 3 ? await Promise.race([drained, hasWorked()]) : await drained;
      cloud.kill('SIGKILL');
      await exited;
      if (!isDrained) kills++;
    }
    expect(kills).toBe(3);
    const seen = lines();
    expect([...new Set(seen)]).toEqual(texts);
    expect(seen.length).toBeLessThanOrEqual(texts.length + kills * 4);
  });
});
