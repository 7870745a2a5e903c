import { spawn } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { createKinesisService } from '#embedded/kinesis/kinesis-service.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** Puts records one after the other and prints each number after the service acknowledged it. */
const PRODUCER = `
import { createKinesisService } from '#embedded/kinesis/kinesis-service.ts';
import { callKinesis } from '#test/embedded/kinesis/call-kinesis.ts';
const service = createKinesisService({ stateDir: process.argv[1], segmentBytes: 20_000 });
service.ensureStream({ name: 'orders', shardCount: 1, retentionHours: 24 });
for (let i = 0; ; i++) {
  const Records = Array.from({ length: 20 }, () => ({ PartitionKey: 'k', Data: Buffer.from(String(i)).toString('base64') }));
  const { status } = await callKinesis(service, 'PutRecords', { StreamName: 'orders', Records });
  if (status !== 200) throw new Error('refused');
  process.stdout.write(i + '\\n');
}
`;

describe('a killed Kinesis service', () => {
  it('has every acknowledged record, in order, after the restart', async () => {
    const stateDir = temporaryFolder();
    const args = ['--input-type=module-typescript', '-e', PRODUCER, stateDir];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let printed = '';
    await new Promise<void>((resolve) => {
      child.stdout.on('data', (chunk: Buffer) => {
        printed += chunk;
        if (printed.split('\n').length > 300) child.kill('SIGKILL');
      });
      child.on('close', () => resolve());
    });
    const acknowledged = Number(printed.trimEnd().split('\n').at(-1));
    expect(acknowledged).toBeGreaterThanOrEqual(299);
    const service = createKinesisService({ stateDir });
    const records = await service.readAfter('orders', 'shardId-000000000000', {
      afterSequenceNumber: null,
      limit: 1e9,
      maxBytes: 1e9,
    });
    const expected = records.map((_, i) => String(Math.floor(i / 20)));
    expect(records.map((record) => record.data.toString())).toEqual(expected);
    expect(records.length).toBeGreaterThanOrEqual((acknowledged + 1) * 20);
    await service.close();
  });
});
