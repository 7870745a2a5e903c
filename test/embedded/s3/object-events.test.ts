import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetBucketNotificationConfigurationCommand,
  PutBucketNotificationConfigurationCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startGateway } from '#embedded/gateway/gateway.ts';
import { openS3Service } from '#embedded/s3/s3-service.ts';
import { temporaryFolder } from './local-s3.ts';

interface S3Event {
  readonly id: string;
  readonly [member: string]: unknown;
}
interface Detail {
  readonly object: { readonly key: string; readonly sequencer: string };
  readonly reason: string;
}
const detailOf = (event: S3Event | undefined): Detail => event?.['detail'] as Detail;

async function startS3() {
  const stateDir = temporaryFolder();
  const open = () => openS3Service({ stateDir });
  let service = open();
  service.ensureBucket({ name: 'landing', versioned: true, sendsEvents: true });
  service.ensureBucket({ name: 'quiet', versioned: false });
  const gateway = await startGateway({
    port: 0,
    services: {
      s3: {
        handle: (request, response) => service.handle(request, response),
        close: async () => {},
      },
    },
    health: () => null,
  });
  const client = new S3Client({
    endpoint: gateway.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  onTestFinished(async () => {
    client.destroy();
    await gateway.close();
    await service.close();
  });
  return {
    ...{ client, stateDir },
    service: () => service,
    restart: async (): Promise<void> => {
      await service.close();
      service = open();
    },
  };
}

describe('events of a bucket', () => {
  it('tell of every way an object comes and goes, as AWS documents it', async () => {
    const { client, service } = await startS3();
    const events: S3Event[] = [];
    service().sendEventsTo((event) => events.push(event));
    const at = { Bucket: 'landing', Key: 'in/a b.csv' };
    const put = await client.send(new PutObjectCommand({ ...at, Body: 'rows' }));
    await client.send(new PutObjectCommand({ Bucket: 'quiet', Key: 'x', Body: 'y' }));
    const CopySource = '/landing/in/a%20b.csv';
    await client.send(new CopyObjectCommand({ Bucket: 'landing', Key: 'copy', CopySource }));
    const { UploadId } = await client.send(new CreateMultipartUploadCommand(at));
    const part = await client.send(
      new UploadPartCommand({ ...at, UploadId, PartNumber: 1, Body: 'part' }),
    );
    const Parts = [{ PartNumber: 1, ETag: part.ETag }];
    await client.send(
      new CompleteMultipartUploadCommand({ ...at, UploadId, MultipartUpload: { Parts } }),
    );
    const marker = await client.send(new DeleteObjectCommand(at));
    await client.send(new DeleteObjectCommand({ ...at, VersionId: put.VersionId }));
    expect(events[0]).toEqual({
      version: '0',
      id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/),
      'detail-type': 'Object Created',
      source: 'aws.s3',
      account: '000000000000',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      region: 'us-east-1',
      resources: ['arn:aws:s3:::landing'],
      detail: {
        version: '0',
        bucket: { name: 'landing' },
        object: {
          key: 'in/a b.csv',
          size: 4,
          etag: put.ETag?.replaceAll('"', ''),
          'version-id': put.VersionId,
          sequencer: expect.stringMatching(/^[0-9A-F]{18}$/),
        },
        'request-id': put.$metadata.requestId,
        requester: '000000000000',
        'source-ip-address': '127.0.0.1',
        reason: 'PutObject',
      },
    });
    expect(events.map((event) => detailOf(event).reason)).toEqual([
      'PutObject',
      'CopyObject',
      'CompleteMultipartUpload',
      'DeleteObject',
      'DeleteObject',
    ]);
    expect(events[3]).toMatchObject({
      'detail-type': 'Object Deleted',
      detail: {
        object: { 'version-id': marker.VersionId },
        'deletion-type': 'Delete Marker Created',
      },
    });
    expect(events[4]).toMatchObject({
      detail: {
        object: { 'version-id': put.VersionId },
        'deletion-type': 'Permanently Deleted',
      },
    });
    const sequencers = events.map((event) => detailOf(event).object.sequencer);
    expect(sequencers).toEqual([...sequencers].sort());
  });

  it('are kept with their objects until somebody took them, over kills', async () => {
    const s3 = await startS3();
    const put = (Key: string) =>
      s3.client.send(new PutObjectCommand({ Bucket: 'landing', Key, Body: 'x' }));
    await put('first');
    // The process dies while it writes the next record.
    appendFileSync(join(s3.stateDir, 'index.journal'), '0badc0de {"type":"object-put","buck');
    await s3.restart();
    await put('second');
    const taken: S3Event[] = [];
    let isBroken = true;
    s3.service().sendEventsTo((event) => {
      if (isBroken) throw new Error('disk full');
      taken.push(event);
    });
    await s3.restart();
    isBroken = false;
    s3.service().sendEventsTo((event) => taken.push(event));
    expect(taken.map((event) => detailOf(event).object.key)).toEqual(['first', 'second']);
    await s3.restart();
    s3.service().sendEventsTo((event) => taken.push(event));
    expect(taken).toHaveLength(2);
  });

  it('are switched on and off by the notification configuration; other notifications are refused by name', async () => {
    const { client, service } = await startS3();
    const events: S3Event[] = [];
    service().sendEventsTo((event) => events.push(event));
    const configure = (NotificationConfiguration: object) =>
      client.send(
        new PutBucketNotificationConfigurationCommand({
          Bucket: 'quiet',
          NotificationConfiguration,
        }),
      );
    const configured = async () => {
      const command = new GetBucketNotificationConfigurationCommand({ Bucket: 'quiet' });
      return (await client.send(command)).EventBridgeConfiguration;
    };
    expect(await configured()).toBeUndefined();
    await configure({ EventBridgeConfiguration: {} });
    expect(await configured()).toEqual({});
    await client.send(new PutObjectCommand({ Bucket: 'quiet', Key: 'k', Body: 'x' }));
    await configure({});
    await client.send(new PutObjectCommand({ Bucket: 'quiet', Key: 'k', Body: 'x' }));
    expect(events.map((event) => detailOf(event).object)).toMatchObject([{ key: 'k', size: 1 }]);
    const QueueArn = 'arn:aws:sqs:us-east-1:000000000000:q';
    await expect(
      configure({ QueueConfigurations: [{ QueueArn, Events: ['s3:ObjectCreated:*'] }] }),
    ).rejects.toThrow(/QueueConfiguration/);
  });
});
