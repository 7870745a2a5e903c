/** Of the programs that only the compose backend has; as in known-differences.ts. */
export const COMPOSE_DIFFERENCES = [
  {
    judge: 'minio',
    by: 'contract',
    service: 'S3',
    cases: ['resolves no path: keys with dots, double slashes and objects below objects are keys'],
    right: 'local cloud',
    reason:
      'keeps keys as paths: none with `.`, `..` or empty segments, no object below an object (MinIO, "Object name restrictions"); the lake has no such keys',
  },
  {
    judge: 'localstack',
    by: 'contract',
    service: 'S3',
    cases: ['lists more keys than a page holds, every one once and in order'],
    right: 'local cloud',
    reason:
      'answers 500 to a continuation token of a key beyond ASCII (API reference, ListObjectsV2)',
  },
  {
    judge: 'localstack',
    by: 'contract',
    service: 'Kinesis',
    cases: [
      'limits > refuse a request with 501 records whole',
      'limits > refuse a request with no record whole',
      'limits > refuse a request with a record of more than one MiB whole',
      'limits > refuse a request with more than ten MiB whole',
    ],
    right: 'local cloud',
    reason:
      'accepts what PutRecords refuses: it runs kinesis-mock inside (API reference, PutRecords; quotas)',
  },
] as const;
