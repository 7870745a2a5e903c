import { LOCAL_ACCOUNT, LOCAL_REGION } from '../services.ts';

/** `arn:aws:kinesis:us-east-1:000000000000:stream/local-market`. */
export function localArn(service: string, resource: string): string {
  return `arn:aws:${service}:${LOCAL_REGION}:${LOCAL_ACCOUNT}:${resource}`;
}

/** Buckets are global: their ARN has neither region nor account. */
export function bucketArn(bucket: string): string {
  return `arn:aws:s3:::${bucket}`;
}
