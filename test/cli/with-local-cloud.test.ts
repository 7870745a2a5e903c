import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { main } from '#cli/main.ts';
import { takeLock } from '#cli/process-lock.ts';
import { stateFolder } from '#cli/state-folder.ts';
import { startGateway } from '#embedded/gateway/gateway.ts';
import { createKinesisService } from '#embedded/kinesis/kinesis-service.ts';
import { temporaryFolder } from '../embedded/assembly/assembly-fixture.ts';
import { startLambda, writeFunction } from '../embedded/lambda/start-lambda.ts';
import { RecordingStreams } from './recording-streams.ts';

const NAME = 'sluice-local-market-lake-writer';
const HANDLER = `export const handler = async (event) => {
  console.log(JSON.stringify({ level: 'INFO', message: 'at work', rows: 3 }));
  if (event.fail) throw new RangeError('too many rows');
  return { event };
};`;

/** A running local cloud with functions and streams, and nothing else, in this process. */
beforeEach(async () => {
  const folder = temporaryFolder();
  vi.stubEnv('SLUICE_STATE', folder.path);
  const { root, lockFile, cloudFile } = stateFolder('/nowhere', 'local');
  mkdirSync(root, { recursive: true });
  const release = takeLock(lockFile);
  const { service: lambda } = startLambda();
  lambda.ensureFunction(writeFunction(HANDLER, { name: NAME }));
  const kinesis = createKinesisService({ stateDir: path.join(folder.path, 'kinesis') });
  kinesis.ensureStream({ name: 'local-market', shardCount: 1, retentionHours: 24 });
  const gateway = await startGateway({
    port: 0,
    services: { lambda, kinesis },
    health: () => ({
      pid: process.pid,
      endpoint: gateway.endpoint,
      pending: false,
      checkpoints: { 'local-market/shardId-000000000000': null },
      stacks: [{ name: 'sluice-local-storage', resources: 2 }],
      outputs: {
        'sluice-local-storage': { WorkGroupName: 'sluice-local', OpsDatabaseName: 'local_ops' },
      },
      alarms: [],
      functions: [],
    }),
  });
  writeFileSync(cloudFile, JSON.stringify({ pid: process.pid, endpoint: gateway.endpoint }));
  onTestFinished(async () => {
    await gateway.close();
    await kinesis.close();
    release?.();
    vi.unstubAllEnvs();
    folder.remove();
  });
});

async function run(...args: string[]): Promise<{ status: number; stdout: string; stderr: string }> {
  const streams = new RecordingStreams();
  const status = await main(args, streams);
  return { status, stdout: streams.stdoutText, stderr: streams.stderrText };
}

/** With what differs from run to run replaced. */
function stable(text: string): string {
  return text
    .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'ID')
    .replaceAll(/\d+(\.\d+)? (ms|MB)/g, 'N $2')
    .replaceAll(/ {2}Init Duration: N ms/g, '')
    .replaceAll(/\(.*[/:].*\)$|file:.*$/gm, '(PLACE)');
}

describe('sluice invoke', () => {
  it('prints the log, the payload and how long it took', async () => {
    const { status, stdout } = await run('invoke', 'lake-writer');
    expect(status).toBe(0);
    expect(stable(stdout)).toBe(`START RequestId: ID Version: $LATEST
INFO  at work  rows=3
END RequestId: ID
REPORT RequestId: ID  Duration: N ms  Billed Duration: N ms  Memory Size: N MB  Max Memory Used: N MB

{
  "event": {}
}

${NAME} succeeded after N ms
`);
  });

  it('prints the error of a function that fails, with its stack and status 1', async () => {
    const file = path.join(stateFolder('/nowhere', 'local').root, 'event.json');
    writeFileSync(file, '{"fail": true}');
    const { status, stdout } = await run('invoke', 'lake-writer', '--event', file);
    expect(status).toBe(1);
    const [error, outcome] = stable(stdout).trimEnd().split('\n\n').slice(-2);
    expect(error?.split('\n').slice(0, 2)).toEqual([
      'RangeError: too many rows',
      expect.stringMatching(/^ {2}at .*handler \(PLACE\)$/),
    ]);
    expect(outcome).toBe(`${NAME} failed after N ms`);
  });

  it('gives all of it to machines', async () => {
    const { status, stdout } = await run('invoke', 'lake-writer', '--json');
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      ok: true,
      function: NAME,
      payload: { event: {} },
      error: null,
      durationMs: expect.any(Number),
      log: expect.arrayContaining([expect.stringMatching(/^REPORT /)]),
    });
  });

  it('knows the names of the functions', async () => {
    const { status, stderr } = await run('invoke', 'lake-writr');
    expect(status).toBe(2);
    expect(stderr).toMatch(
      /unknown function "lake-writr": expected one of sluice-local-market-lake-writer; did you mean "lake-writer"\?/,
    );
  });
});

describe('sluice logs', () => {
  it('knows a function that has printed nothing yet from the running local cloud', async () => {
    const { status, stderr } = await run('logs', 'lake-writer');
    expect({ status, stderr }).toEqual({ status: 0, stderr: `${NAME} has printed nothing yet.\n` });
  });
});

describe('sluice status', () => {
  it('says which parts do not answer, shows the others, and ends with status 1', async () => {
    const { status, stdout } = await run('status', '--json');
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      cloud: { up: true, pending: false },
      functions: [{ name: NAME, invocations: 0, lastInvocationMs: null }],
      shards: [{ stream: 'local-market', open: true, waiting: 0, checkpoint: null }],
      problems: [
        expect.stringMatching(/^staging log cannot be read: .*StagingTableName/),
        expect.stringMatching(/^tables cannot be read: .*does not emulate glue/),
        expect.stringMatching(/^ledger cannot be read: /),
      ],
      faults: ['3 parts down'],
    });
  });
});
