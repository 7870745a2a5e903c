import { z } from 'zod';
import { bucketArn } from '../local-arn.ts';
import { defineResourceType, type ResourceType } from '../resource-type.ts';
import { resourcePolicy } from './policy-document.ts';
import { tags } from './tags.ts';

/** Accepted without effect: the local cloud has one user, its files expire by hand, and it writes no access log. */
const WITHOUT_EFFECT = {
  BucketEncryption: z.strictObject({
    ServerSideEncryptionConfiguration: z.tuple([
      z.strictObject({
        ServerSideEncryptionByDefault: z.strictObject({ SSEAlgorithm: z.literal('AES256') }),
      }),
    ]),
  }),
  LifecycleConfiguration: z.strictObject({
    Rules: z.array(
      z.strictObject({
        Status: z.enum(['Enabled', 'Disabled']),
        AbortIncompleteMultipartUpload: z
          .strictObject({ DaysAfterInitiation: z.int().min(1) })
          .optional(),
        ExpirationInDays: z.int().min(1).optional(),
        ExpiredObjectDeleteMarker: z.boolean().optional(),
        NoncurrentVersionExpiration: z.strictObject({ NoncurrentDays: z.int().min(1) }).optional(),
      }),
    ),
  }),
  LoggingConfiguration: z.strictObject({
    DestinationBucketName: z.string(),
    LogFilePrefix: z.string(),
  }),
  OwnershipControls: z.strictObject({
    Rules: z.tuple([z.strictObject({ ObjectOwnership: z.literal('BucketOwnerEnforced') })]),
  }),
  PublicAccessBlockConfiguration: z.strictObject({
    BlockPublicAcls: z.literal(true),
    BlockPublicPolicy: z.literal(true),
    IgnorePublicAcls: z.literal(true),
    RestrictPublicBuckets: z.literal(true),
  }),
};

const bucket = z.strictObject({
  BucketName: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/, {
      error: () => 'expected 3 to 63 lower-case letters, digits and hyphens',
    })
    .optional(),
  VersioningConfiguration: z.strictObject({ Status: z.literal('Enabled') }).optional(),
  // Notifications to functions, queues and topics without EventBridge between are refused.
  NotificationConfiguration: z
    .strictObject({
      EventBridgeConfiguration: z
        .strictObject({ EventBridgeEnabled: z.boolean().default(true) })
        .optional(),
    })
    .optional(),
  ...z.strictObject(WITHOUT_EFFECT).partial().shape,
  Tags: tags,
});

function sendsEvents({ NotificationConfiguration }: z.infer<typeof bucket>): boolean {
  return NotificationConfiguration?.EventBridgeConfiguration?.EventBridgeEnabled === true;
}

export const S3_RESOURCE_TYPES: Readonly<Record<string, ResourceType>> = {
  'AWS::S3::Bucket': defineResourceType({
    properties: bucket,
    identify(properties, place) {
      const name = properties.BucketName ?? place.generatedName;
      return { ref: name, attributes: { Arn: bucketArn(name) } };
    },
    ensure: (properties, { services, identity }) =>
      services.s3.ensureBucket({
        name: identity.ref,
        versioned: properties.VersioningConfiguration !== undefined,
        ...(sendsEvents(properties) ? { sendsEvents: true } : {}),
      }),
  }),
  'AWS::S3::BucketPolicy': defineResourceType({
    properties: z.strictObject({ Bucket: z.string(), PolicyDocument: resourcePolicy }),
    identify: (_properties, place) => ({ ref: place.generatedName, attributes: {} }),
    ensure({ Bucket, PolicyDocument: document }, { services }) {
      services.iam.ensureResourcePolicy(bucketArn(Bucket), { name: 'bucket policy', document });
    },
  }),
};
