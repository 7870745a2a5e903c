import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { openS3Service } from '#embedded/s3/s3-service.ts';
import { openS3Store } from '#embedded/s3/store/s3-store.ts';
import { putVersion } from '#embedded/s3/store/versions.ts';
import { BUCKET, startS3, temporaryFolder } from './local-s3.ts';

const CHILD = fileURLToPath(new URL('./put-until-killed.ts', import.meta.url));

const blobNames = (stateDir: string): readonly string[] =>
  readdirSync(join(stateDir, 'blobs')).flatMap((name) =>
    readdirSync(join(stateDir, 'blobs', name)),
  );

/** Runs the child until it has acknowledged `count` writes, kills it, and returns what it acknowledged. */
async function killAfter(count: number, args: readonly string[]): Promise<readonly string[]> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', CHILD, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  for await (const chunk of child.stdout) {
    output += String(chunk);
    if (output.split('\n').length > count) child.kill('SIGKILL');
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return output.split('\n').slice(0, -1);
}

describe('a restart', () => {
  it('finds objects, headers, checksums, versions and open uploads again', async () => {
    const first = await startS3();
    const { client, stateDir } = first;
    first.service.ensureBucket({ name: 'versions', versioned: true });
    const object = { Bucket: BUCKET, Key: 'a/ü', Body: 'hello', Metadata: { m: '1' } };
    await client.send(new PutObjectCommand(object));
    await client.send(new PutObjectCommand({ ...object, Key: 'gone' }));
    await client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: 'gone' }));
    const old = { Bucket: 'versions', Key: 'k', Body: 'old' };
    const { VersionId } = await client.send(new PutObjectCommand(old));
    await client.send(new PutObjectCommand({ ...old, Body: 'new' }));
    const target = { Bucket: BUCKET, Key: 'joined' };
    const { UploadId } = await client.send(new CreateMultipartUploadCommand(target));
    const part = { ...target, UploadId, PartNumber: 1 };
    const { ETag } = await client.send(new UploadPartCommand({ ...part, Body: 'part' }));
    await first.stop();

    const second = await startS3({ stateDir });
    const get = (input: { Bucket: string; Key: string; VersionId?: string | undefined }) =>
      second.client.send(new GetObjectCommand(input));
    const found = await get({ Bucket: BUCKET, Key: 'a/ü' });
    expect(await found.Body?.transformToString()).toBe('hello');
    expect(found).toMatchObject({ Metadata: { m: '1' }, ChecksumCRC32: 'NhCmhg==' });
    const version = await get({ Bucket: 'versions', Key: 'k', VersionId });
    expect(await version.Body?.transformToString()).toBe('old');
    expect(second.service.objectFile(BUCKET, 'gone')).toBeNull();
    const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
    await second.client.send(
      new CompleteMultipartUploadCommand({ ...target, UploadId, MultipartUpload }),
    );
    expect((await second.service.getObject(BUCKET, 'joined'))?.toString()).toBe('part');
  });

  it('removes content files no object names, and leaves foreign files alone', async () => {
    const first = await startS3();
    await first.service.putObject(BUCKET, 'k', { body: Buffer.from('x') });
    await first.stop();
    const [kept] = blobNames(first.stateDir);
    const orphans = join(first.stateDir, 'blobs', 'ab');
    mkdirSync(orphans, { recursive: true });
    writeFileSync(join(orphans, 'ab0123456789'), 'an upload that was killed');
    writeFileSync(join(first.stateDir, 'notes.txt'), 'not ours');
    const second = await startS3({ stateDir: first.stateDir });
    expect(blobNames(second.stateDir)).toEqual([kept]);
    expect(readFileSync(join(first.stateDir, 'notes.txt'), 'utf8')).toBe('not ours');
  });

  it('refuses a folder in which the contents of an object are missing', async () => {
    const first = await startS3();
    await first.service.putObject(BUCKET, 'k', { body: Buffer.from('x') });
    const file = first.service.objectFile(BUCKET, 'k')?.path ?? '';
    await first.stop();
    rmSync(file);
    expect(() => openS3Service({ stateDir: first.stateDir })).toThrow(
      `missing in the S3 state folder, first s3://${BUCKET}/k`,
    );
  });

  it('answers 500, never wrong bytes, when a content file has shrunk', async () => {
    const { client, service } = await startS3();
    await service.putObject(BUCKET, 'k', { body: Buffer.from('12345') });
    writeFileSync(service.objectFile(BUCKET, 'k')?.path ?? '', '123');
    const call = client.send(new GetObjectCommand({ Bucket: BUCKET, Key: 'k' }));
    await expect(call).rejects.toThrow(/state folder is damaged/);
  });
});

describe('a process killed at any byte of a journal record', () => {
  it('has the object from before or the new one, whole', async () => {
    const first = await startS3();
    const states: { size: number; objects: Record<string, string> }[] = [];
    const journalFile = join(first.stateDir, 'index.journal');
    const journalSize = (): number => readFileSync(journalFile).length;
    const objects: Record<string, string> = {};
    // Content files are kept aside: a killed process may not have removed replaced ones yet.
    const kept = temporaryFolder();
    for (const [turn, key] of ['a', 'b', 'a'].entries()) {
      states.push({ size: journalSize(), objects: { ...objects } });
      objects[key] = `${key} of turn ${turn}`;
      await first.service.putObject(BUCKET, key, { body: Buffer.from(objects[key]) });
      const file = first.service.objectFile(BUCKET, key)?.path ?? '';
      cpSync(file, join(kept, relative(first.stateDir, file)));
    }
    await first.stop();
    states.push({ size: journalSize(), objects });
    const journal = readFileSync(journalFile);
    // The last record replaces `a`: torn, it has to leave the object of turn 0 in place.
    for (let size = states.at(-2)?.size ?? 0; size <= journal.length; size += 1) {
      const expected = states.findLast((state) => state.size <= size)?.objects ?? {};
      const stateDir = join(kept, 'state');
      rmSync(stateDir, { recursive: true, force: true });
      cpSync(join(kept, 'blobs'), join(stateDir, 'blobs'), { recursive: true });
      writeFileSync(join(stateDir, 'index.journal'), journal.subarray(0, size));
      const service = openS3Service({ stateDir });
      const found: Record<string, string> = {};
      for (const { key } of service.listObjects(BUCKET, '')) {
        found[key] = readFileSync(service.objectFile(BUCKET, key)?.path ?? '', 'utf8');
      }
      expect(found, `journal of ${size} bytes`).toEqual(expected);
      expect(blobNames(stateDir)).toHaveLength(Object.keys(expected).length);
      await service.close();
    }
  });
});

describe('SIGKILL', () => {
  it('loses no acknowledged write, again and again in the same folder', async () => {
    const stateDir = temporaryFolder();
    const acknowledged = new Set<string>();
    for (const round of ['first', 'second', 'third']) {
      const keys = await killAfter(150, [stateDir, round]);
      expect(keys.length).toBeGreaterThanOrEqual(150);
      for (const key of keys) acknowledged.add(key);
      const service = openS3Service({ stateDir });
      for (const key of acknowledged) {
        const body = await service.getObject('kill-bucket', key);
        expect(body?.toString(), key).toBe(`${key}:`.repeat(400));
      }
      const listed = service.listObjects('kill-bucket', '').length;
      expect(blobNames(stateDir)).toHaveLength(listed);
      await service.close();
    }
  });
});

describe('the journal', () => {
  it('is rewritten when most of it is superseded, and loses nothing', async () => {
    const stateDir = temporaryFolder();
    const open = () => openS3Store({ stateDir, nowMs: () => 0, minSupersededRecords: 20 });
    const store = open();
    store.commit([{ type: 'bucket-set', name: BUCKET, createdMs: 0, versioned: false }]);
    const putNumber = async (number: number): Promise<void> => {
      const writer = store.blobs.startWriter();
      await writer.write(Buffer.from(String(number)));
      const { blob, sizeBytes } = await writer.finish();
      const draft = { bucket: BUCKET, key: `k${number % 3}`, blob, sizeBytes, etag: '' };
      putVersion(
        store,
        { ...draft, headers: {}, checksum: null },
        {
          precondition: () => undefined,
          cause: { requestId: '', sourceIp: '', reason: 'PutObject' },
        },
      );
    };
    for (let number = 0; number < 100; number += 1) await putNumber(number);
    store.close();
    const lines = readFileSync(join(stateDir, 'index.journal'), 'utf8').split('\n').length;
    expect(lines).toBeLessThan(40);
    const reopened = open();
    const contents = [0, 1, 2].map((key) => {
      const blob = reopened.index.current(BUCKET, `k${key}`)?.blob ?? '';
      return readFileSync(reopened.blobs.pathOf(blob), 'utf8');
    });
    expect(contents).toEqual(['99', '97', '98']);
    reopened.close();
  });
});
