import { Duration, type RemovalPolicy } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';

export interface PrivateBucketProps {
  readonly bucketName: string;
  readonly removalPolicy: RemovalPolicy;
  /** Bucket that receives the access logs; null for the log bucket itself, whose own log would feed itself. */
  readonly accessLogs: s3.IBucket | null;
  /** Days an overwritten or deleted object can still be brought back; null keeps one version only. */
  readonly undeleteDays: number | null;
  /** Days after which an object is removed; null keeps it. */
  readonly expireDays: number | null;
  /** EventBridge is told of every new and deleted object. @default false */
  readonly sendsEvents?: boolean;
}

/** An unfinished multipart upload is paid for and invisible; a day is longer than any upload of ours. */
const ABANDONED_UPLOAD_DAYS = 1;

/** Bucket with S3-managed encryption, TLS 1.2 or newer, no public access, no ACLs, and access logs. */
export function createPrivateBucket(
  scope: Construct,
  id: string,
  props: PrivateBucketProps,
): s3.Bucket {
  const bucket = new s3.Bucket(scope, id, {
    bucketName: props.bucketName,
    removalPolicy: props.removalPolicy,
    encryption: s3.BucketEncryption.S3_MANAGED,
    enforceSSL: true,
    minimumTLSVersion: 1.2,
    blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
    objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
    versioned: props.undeleteDays !== null,
    lifecycleRules: [lifecycleRule(props)],
    ...(props.accessLogs === null
      ? {}
      : { serverAccessLogsBucket: props.accessLogs, serverAccessLogsPrefix: `${id}/` }),
  });
  if (props.sendsEvents === true) {
    // The property itself: what the CDK makes of it is a function that sets it.
    const resource = bucket.node.defaultChild as s3.CfnBucket;
    resource.notificationConfiguration = { eventBridgeConfiguration: { eventBridgeEnabled: true } };
  }
  return bucket;
}

function lifecycleRule(props: PrivateBucketProps): s3.LifecycleRule {
  const abortIncompleteMultipartUploadAfter = Duration.days(ABANDONED_UPLOAD_DAYS);
  if (props.expireDays !== null) {
    return { abortIncompleteMultipartUploadAfter, expiration: Duration.days(props.expireDays) };
  }
  if (props.undeleteDays === null) return { abortIncompleteMultipartUploadAfter };
  return {
    abortIncompleteMultipartUploadAfter,
    noncurrentVersionExpiration: Duration.days(props.undeleteDays),
    expiredObjectDeleteMarker: true,
  };
}
