import { PutObjectCommand } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { BUCKET, failureOf, SIGNED, startS3 } from './local-s3.ts';

const BUCKET_FEATURES = [
  'accelerate',
  'acl',
  'analytics',
  'cors',
  'encryption',
  'intelligent-tiering',
  'inventory',
  'lifecycle',
  'logging',
  'metrics',
  'object-lock',
  'ownershipControls',
  'policy',
  'policyStatus',
  'publicAccessBlock',
  'replication',
  'requestPayment',
  'tagging',
  'website',
];
const OBJECT_FEATURES = ['acl', 'attributes', 'legal-hold', 'retention', 'tagging', 'torrent'];

describe('features the local S3 does not have', () => {
  it.each(['GET', 'PUT', 'DELETE'])('are refused by name on buckets: %s', async (method) => {
    const { endpoint } = await startS3();
    for (const feature of BUCKET_FEATURES) {
      const url = `${endpoint}/${BUCKET}?${feature}`;
      const response = await fetch(url, { method, headers: SIGNED });
      const text = await response.text();
      expect([feature, response.status], feature).toEqual([feature, 501]);
      expect(text).toContain('<Code>NotImplemented</Code>');
      expect(text).toContain(`?${feature}`);
    }
  });

  it.each(['GET', 'PUT', 'DELETE'])('are refused by name on objects: %s', async (method) => {
    const { endpoint, service } = await startS3();
    await service.putObject(BUCKET, 'k', { body: Buffer.from('x') });
    for (const feature of OBJECT_FEATURES) {
      const url = `${endpoint}/${BUCKET}/k?${feature}`;
      const response = await fetch(url, { method, headers: SIGNED });
      expect([feature, response.status]).toEqual([feature, 501]);
      expect(await response.text()).toContain(`?${feature}`);
    }
    expect((await service.getObject(BUCKET, 'k'))?.toString()).toBe('x');
  });

  it.each([
    ['tags', { Tagging: 'a=b' }],
    ['customer keys', { SSECustomerAlgorithm: 'AES256', SSECustomerKey: 'k'.repeat(32) }],
    ['KMS', { ServerSideEncryption: 'aws:kms' as const }],
    ['archive classes', { StorageClass: 'GLACIER' as const }],
    ['public ACLs', { ACL: 'public-read' as const }],
    ['object lock', { ObjectLockLegalHoldStatus: 'ON' as const }],
  ])('are refused when a header asks for them: %s', async (_name, input) => {
    const { client, service } = await startS3();
    const call = client.send(
      new PutObjectCommand({ Bucket: BUCKET, Key: 'k', Body: 'x', ...input }),
    );
    expect(await failureOf(call)).toMatchObject({ status: 501, code: 'NotImplemented' });
    expect(service.objectFile(BUCKET, 'k')).toBeNull();
  });

  it('do not include what is the default anyway', async () => {
    const { client } = await startS3();
    const Body = { Bucket: BUCKET, Key: 'k', Body: 'x' };
    const output = await client.send(
      new PutObjectCommand({ ...Body, ServerSideEncryption: 'AES256', StorageClass: 'STANDARD' }),
    );
    expect(output.ServerSideEncryption).toBe('AES256');
  });

  it('include other accounts', async () => {
    const { client } = await startS3();
    const call = client.send(
      new PutObjectCommand({
        Bucket: BUCKET,
        Key: 'k',
        Body: 'x',
        ExpectedBucketOwner: '1'.repeat(12),
      }),
    );
    expect(await failureOf(call)).toMatchObject({ status: 403, code: 'AccessDenied' });
  });

  it('include other methods', async () => {
    const { endpoint } = await startS3();
    const url = `${endpoint}/${BUCKET}/k`;
    const response = await fetch(url, { method: 'PATCH', headers: SIGNED });
    expect(response.status).toBe(405);
    const form = await fetch(`${endpoint}/${BUCKET}`, { method: 'POST', headers: SIGNED });
    expect(form.status).toBe(501);
  });
});
