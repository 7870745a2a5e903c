import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { createS3ObjectStore } from '#adapters/aws/s3-object-store.ts';
import { startGateway } from '#embedded/gateway/gateway.ts';
import { openS3Service } from '#embedded/s3/s3-service.ts';
import { createS3Client, localTarget } from '#runtime/aws-clients.ts';
import { describeObjectStore } from '#test/contracts/object-store.contract.ts';
import { type Fault, startFaultyEndpoint } from './faulty-endpoint.ts';

describeObjectStore('S3', async () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-s3-adapter-'));
  const service = openS3Service({ stateDir: folder, nowMs: Date.now });
  service.ensureBucket({ name: 'lake', versioned: false });
  const gateway = await startGateway({ port: 0, services: { s3: service }, health: () => null });
  const client = createS3Client(localTarget(gateway.endpoint));
  return {
    store: createS3ObjectStore(client),
    uri: (key) => `s3://lake/${key}`,
    pageSize: 1000,
    async close() {
      client.destroy();
      await gateway.close();
      await service.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
});

describe('S3 object store on a failing service', () => {
  async function storeWith(...faults: Fault[]) {
    const { endpoint, requests } = await startFaultyEndpoint(faults);
    const client = new S3Client({ ...localTarget(endpoint), maxAttempts: 1 });
    return { store: createS3ObjectStore(client), requests };
  }
  const xml = (status: number, code: string): Fault => ({
    kind: 'answer',
    status,
    body: `<Error><Code>${code}</Code><Message>no</Message></Error>`,
  });
  const body = Uint8Array.of(1);

  it.each([
    ['500', xml(500, 'InternalError')],
    ['503', xml(503, 'SlowDown')],
    ['a refusal', xml(403, 'AccessDenied')],
    ['a broken connection', { kind: 'hang-up' } as const],
  ])('says SOURCE_UNAVAILABLE after %s', async (_, fault) => {
    const { store } = await storeWith(fault);
    const unavailable = { code: 'SOURCE_UNAVAILABLE', retryable: true };
    await expect(store.get('s3://lake/a')).rejects.toMatchObject(unavailable);
    await expect(store.head('s3://lake/a')).rejects.toMatchObject(unavailable);
    await expect(store.put('s3://lake/a', body, { ifNoneMatch: '*' })).rejects.toMatchObject(
      unavailable,
    );
    await expect(store.delete('s3://lake/a')).rejects.toMatchObject(unavailable);
    await expect(listAll(store)).rejects.toMatchObject(unavailable);
  });

  const listAll = async (store: ReturnType<typeof createS3ObjectStore>) => {
    for await (const object of store.list('s3://lake/a')) return object;
    return null;
  };

  it('says SOURCE_UNAVAILABLE when the body breaks off', async () => {
    const { store } = await storeWith({ kind: 'cut', status: 200, body: 'half' });
    await expect(store.get('s3://lake/a')).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE' });
  });

  it('says OBJECT_EXISTS after 412 PreconditionFailed of a conditional write', async () => {
    const { store } = await storeWith(xml(412, 'PreconditionFailed'));
    await expect(store.put('s3://lake/a', body, { ifNoneMatch: '*' })).rejects.toMatchObject({
      code: 'OBJECT_EXISTS',
    });
    await expect(store.put('s3://lake/a', body)).rejects.toMatchObject({
      code: 'SOURCE_UNAVAILABLE',
    });
  });

  it('does not take 409 ConditionalRequestConflict for an object that exists', async () => {
    const { store } = await storeWith(xml(409, 'ConditionalRequestConflict'));
    await expect(store.put('s3://lake/a', body, { ifNoneMatch: '*' })).rejects.toMatchObject({
      code: 'SOURCE_UNAVAILABLE',
      retryable: true,
    });
  });

  it('sends nothing for a URI that is not of S3', async () => {
    const { store, requests } = await storeWith({ kind: 'hang-up' });
    await expect(store.get('file:///etc/passwd')).rejects.toMatchObject({
      code: 'FEATURE_UNSUPPORTED',
    });
    await expect(store.get('s3://lake')).rejects.toMatchObject({ code: 'FEATURE_UNSUPPORTED' });
    expect(requests).toEqual([]);
  });
});
