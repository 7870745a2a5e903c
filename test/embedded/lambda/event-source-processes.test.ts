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
    ['answers too much', 'return "x".repeat(6_300_000);'],
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

  it('that takes all memory on one record loses that record to the destination and nothing else', async () => {
    const { service } = startLambda();
    const { config, lines } = recordingFunction(
      `if (texts.includes('record-1')) { const kept = []; for (;;) kept.push(new Array(1e6).fill(1)); }`,
      { memoryMb: 128 },
    );
    service.ensureFunction(config);
    const { mappings, objects, put } = startMappings(service, {
      mapping: { batchSize: 1, maxRetryAttempts: 0 },
    });
    const texts = numbered(3);
    await put(texts);
    mappings.start();
    await mappings.drained();
    expect(lines()).toEqual(texts.filter((text) => text !== 'record-1'));
    expect([...objects.values()]).toMatchObject([{ KinesisBatchInfo: { batchSize: 1 } }]);
  });

  it('that is throttled by its reserved concurrency gets every batch of every shard in the end', async () => {
    const { service } = startLambda();
    const { config, lines } = recordingFunction('await new Promise((r) => setTimeout(r, 20));', {
      maxConcurrency: 1,
      reservedConcurrency: 1,
    });
    service.ensureFunction(config);
    const { mappings, objects, notices, put } = startMappings(service, {
      shardCount: 2,
      mapping: { batchSize: 2, maxRetryAttempts: 0 },
    });
    await put(numbered(6, 'low'), 0n);
    await put(numbered(6, 'high'), 2n ** 127n);
    mappings.start();
    await mappings.drained();
    expect(lines().filter((text) => text.startsWith('low'))).toEqual(numbered(6, 'low'));
    expect(lines().filter((text) => text.startsWith('high'))).toEqual(numbered(6, 'high'));
    expect(notices.join()).toContain('invocation not possible: Rate Exceeded.');
    expect(objects.size).toBe(0);
  });

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

/** Puts texts whose keys are their part before the dash. */
async function fillStream(stateDir: string, texts: readonly string[]): Promise<void> {
  const kinesis = createKinesisService({ stateDir: `${stateDir}/kinesis` });
  kinesis.ensureStream({ name: 'orders', shardCount: 1, retentionHours: 24 });
  const Records = texts.map((text) => ({
    PartitionKey: text.split('-')[0],
    Data: Buffer.from(text).toString('base64'),
  }));
  await callKinesis(kinesis, 'PutRecords', { StreamName: 'orders', Records });
  await kinesis.close();
}

/** Runs the cloud until it is drained; kills it three times, each after 40 more records. */
async function drainWithKills(args: readonly string[], lines: () => string[]): Promise<number> {
  let kills = 0;
  for (let isDrained = false; !isDrained; ) {
    const cloud = spawn(
      process.execPath,
      ['--input-type=module-typescript', '-e', CLOUD, ...args],
      { stdio: ['ignore', 'pipe', 'inherit'] },
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
  return kills;
}

describe('a local cloud that is killed again and again', () => {
  it.each([1, 3])(
    'delivers every record at least once, each key in order, and repeats at most what was in flight, with %i batches at once',
    async (parallelizationFactor) => {
      const stateDir = temporaryFolder();
      const texts = Array.from({ length: 200 }, (_, i) => `key${i % 7}-${i}`);
      await fillStream(stateDir, texts);
      const { config, lines } = recordingFunction('await new Promise((r) => setTimeout(r, 4));', {
        maxConcurrency: 3,
      });
      const settings = { ...mapping, batchSize: 4, parallelizationFactor };
      const args = [stateDir, JSON.stringify(config), JSON.stringify(settings)];
      const kills = await drainWithKills(args, lines);
      expect(kills).toBe(3);
      const seen = lines();
      const firsts = [...new Set(seen)];
      expect([...firsts].sort()).toEqual([...texts].sort());
      for (let key = 0; key < 7; key++) {
        const isOfKey = (text: string) => text.startsWith(`key${key}-`);
        expect(firsts.filter(isOfKey)).toEqual(texts.filter(isOfKey));
      }
      expect(seen.length).toBeLessThanOrEqual(texts.length + kills * 4 * parallelizationFactor);
    },
  );
});
