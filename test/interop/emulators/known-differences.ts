import { COMPOSE_DIFFERENCES } from './compose-differences.ts';
import { MESSAGING_DIFFERENCES } from './messaging-differences.ts';

/**
 * Differences between the local cloud and the judges that somebody has looked at. A difference that is not
 * here fails `npm run test:emulators`, and so does an entry that no longer happens. docs/judges.md tells them.
 */
export interface KnownDifference {
  readonly judge: 'moto' | 'ministack' | 'kinesis-mock' | 'minio' | 'localstack' | 'apicurio';
  /** `contract` for the suites of test/contracts, `boto3` for the scripts. */
  readonly by: 'contract' | 'boto3';
  readonly service:
    | 'S3'
    | 'Kinesis'
    | 'DynamoDB'
    | 'Glue'
    | 'Athena'
    | 'Lambda'
    | 'CloudWatch'
    | 'SQS'
    | 'EventBridge'
    | 'SecretsManager'
    | 'SSM';
  /** Cases as the suites and scripts name them. */
  readonly cases: readonly string[];
  /** Who does what AWS documents. */
  readonly right: 'local cloud' | 'judge' | 'neither';
  readonly reason: string;
}

export const KNOWN_DIFFERENCES: readonly KnownDifference[] = [
  ...COMPOSE_DIFFERENCES,
  ...MESSAGING_DIFFERENCES,
  // ---- Kinesis
  {
    judge: 'kinesis-mock',
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
      'accepts what PutRecords refuses: 1 to 500 records, 10 MiB a request, one MiB a record unless the stream is set to more (API reference, PutRecords; quotas)',
  },
  {
    judge: 'ministack',
    by: 'contract',
    service: 'Kinesis',
    cases: [
      'limits > refuse a request with no record whole',
      'limits > refuse a request with a record of more than one MiB whole',
      'limits > refuse a request with an empty partition key whole',
      'limits > refuse a request with a hash key beyond 128 bits whole',
    ],
    right: 'local cloud',
    reason:
      'accepts what PutRecords refuses (API reference, PutRecords and PutRecordsRequestEntry)',
  },
  {
    judge: 'ministack',
    by: 'contract',
    service: 'Kinesis',
    cases: [
      'resharding > splits a shard into two that share its range and name it as their parent',
      'resharding > reads a closed shard to its end, and from any position in it',
      'resharding > reads a shard that was closed without a record',
      'resharding > puts what comes later into the children, with higher sequence numbers',
      'resharding > lists every generation after a split of a split',
    ],
    right: 'local cloud',
    reason:
      'forgets a closed shard and its records; AWS keeps both until the retention has passed (developer guide, "After you reshard")',
  },
  {
    judge: 'moto',
    by: 'contract',
    service: 'Kinesis',
    cases: [
      'limits > refuse a request with no record whole',
      'limits > refuse a request with an empty partition key whole',
    ],
    right: 'local cloud',
    reason: 'accepts what PutRecords refuses (API reference, PutRecords)',
  },
  {
    judge: 'moto',
    by: 'contract',
    service: 'Kinesis',
    cases: [
      'puts and reads > choose the shard by the explicit hash key where there is one',
      'resharding > puts what comes later into the children, with higher sequence numbers',
    ],
    right: 'local cloud',
    reason:
      'fails on the highest hash key, and puts records with an explicit hash key into a shard that is closed',
  },
  {
    judge: 'kinesis-mock',
    by: 'boto3',
    service: 'Kinesis',
    cases: ['refuses what does not exist', 'refuses iterators that contradict themselves'],
    right: 'local cloud',
    reason:
      'answers 500 for an iterator that is none, and takes a sequence number of another shard (API reference, GetRecords and GetShardIterator: InvalidArgumentException)',
  },
  {
    judge: 'kinesis-mock',
    by: 'boto3',
    service: 'Kinesis',
    cases: ['splits a shard'],
    right: 'local cloud',
    reason:
      "closes the parent with an EndingSequenceNumber below the sequence numbers of the parent's records (API reference, SequenceNumberRange)",
  },
  {
    judge: 'ministack',
    by: 'boto3',
    service: 'Kinesis',
    cases: ['splits a shard', 'merges two shards'],
    right: 'local cloud',
    reason: 'forgets closed shards (see above)',
  },
  {
    judge: 'ministack',
    by: 'boto3',
    service: 'Kinesis',
    cases: [
      'lists shards page by page',
      'refuses what does not exist',
      'refuses iterators that contradict themselves',
      'refuses to merge shards that are no neighbours',
      'changes the retention',
    ],
    right: 'local cloud',
    reason:
      'other error codes than InvalidArgumentException, or none at all (API reference, errors of each operation)',
  },
  {
    judge: 'ministack',
    by: 'boto3',
    service: 'Kinesis',
    cases: ['lists tags'],
    right: 'local cloud',
    reason: 'ignores Tags of CreateStream (API reference, CreateStream)',
  },
  {
    judge: 'moto',
    by: 'boto3',
    service: 'Kinesis',
    cases: [
      'lists shards page by page',
      'refuses what does not exist',
      'refuses iterators that contradict themselves',
    ],
    right: 'local cloud',
    reason:
      'answers 500, or an error of another name, where InvalidArgumentException is documented (API reference, errors of each operation)',
  },
  {
    judge: 'moto',
    by: 'boto3',
    service: 'Kinesis',
    cases: [
      'describes a new stream',
      'lists streams page by page',
      'puts single records',
      'puts many records',
      'splits a shard',
      'lists tags',
    ],
    right: 'local cloud',
    reason:
      'leaves out StreamModeDetails, EncryptionType, the ChildShards at the end of a closed shard and the tags of CreateStream, and lists streams unsorted (API reference)',
  },
  {
    judge: 'moto',
    by: 'boto3',
    service: 'Kinesis',
    cases: ['takes larger records where the stream does'],
    right: 'local cloud',
    reason: 'takes a record of more than one MiB on a stream that was not set to it (quotas)',
  },
  {
    judge: 'ministack',
    by: 'boto3',
    service: 'Kinesis',
    cases: ['takes larger records where the stream does'],
    right: 'local cloud',
    reason: 'takes a record of more than one MiB on a stream that was not set to it (quotas)',
  },
  {
    judge: 'kinesis-mock',
    by: 'boto3',
    service: 'Kinesis',
    cases: ['takes larger records where the stream does'],
    right: 'local cloud',
    reason: 'takes a record of more than one MiB on a stream that was not set to it (quotas)',
  },
  // ---- S3
  {
    judge: 'moto',
    by: 'boto3',
    service: 'S3',
    cases: ['checks checksums'],
    right: 'local cloud',
    reason: 'stores a body whose checksum is wrong (user guide, "Checking object integrity")',
  },
  {
    judge: 'moto',
    by: 'boto3',
    service: 'S3',
    cases: ['deletes'],
    right: 'local cloud',
    reason: 'ignores Quiet of DeleteObjects (API reference, DeleteObjects)',
  },
  {
    judge: 'moto',
    by: 'boto3',
    service: 'S3',
    cases: ['copies'],
    right: 'local cloud',
    reason: 'ignores x-amz-copy-source-if-match (API reference, CopyObject)',
  },
  {
    judge: 'moto',
    by: 'boto3',
    service: 'S3',
    cases: ['refuses parts that do not fit', 'refuses parts out of order'],
    right: 'local cloud',
    reason:
      'answers 500 to the completion of an aborted upload, and takes parts out of order (API reference, CompleteMultipartUpload: NoSuchUpload, InvalidPartOrder)',
  },
  {
    judge: 'ministack',
    by: 'boto3',
    service: 'S3',
    cases: ['checks checksums'],
    right: 'local cloud',
    reason: 'answers no checksums (API reference, PutObject)',
  },
  {
    judge: 'ministack',
    by: 'boto3',
    service: 'S3',
    cases: ['refuses parts that do not fit', 'refuses parts out of order'],
    right: 'local cloud',
    reason:
      'takes parts below 5 MiB and out of order (API reference, CompleteMultipartUpload: EntityTooSmall, InvalidPartOrder)',
  },
  // ---- DynamoDB
  {
    judge: 'moto',
    by: 'boto3',
    service: 'DynamoDB',
    cases: ['changes how tables are billed'],
    right: 'local cloud',
    reason:
      'takes PROVISIONED without a throughput (API reference, UpdateTable: "initial provisioned capacity values must be set")',
  },
  {
    judge: 'ministack',
    by: 'boto3',
    service: 'DynamoDB',
    cases: ['changes how tables are billed'],
    right: 'local cloud',
    reason: 'takes PROVISIONED without a throughput (see above)',
  },
  // ---- Glue
  {
    judge: 'moto',
    by: 'contract',
    service: 'Glue',
    cases: [
      'lets exactly one of many swaps on one state win',
      'chains the wins of writers that race: each builds on the win before it',
    ],
    right: 'local cloud',
    reason:
      'UpdateTable takes a VersionId that has passed: every commit wins (API reference, UpdateTable: ConcurrentModificationException)',
  },
  {
    judge: 'moto',
    by: 'boto3',
    service: 'Glue',
    cases: ['swaps a table only on the version it names'],
    right: 'local cloud',
    reason: 'UpdateTable takes a VersionId that has passed (see above)',
  },
  {
    judge: 'moto',
    by: 'boto3',
    service: 'Glue',
    cases: ['keeps tables', 'lists tables page by page'],
    right: 'local cloud',
    reason: 'leaves out UpdateTime, and ignores MaxResults (API reference, Table and GetTables)',
  },
  {
    judge: 'moto',
    by: 'boto3',
    service: 'Glue',
    cases: ['folds names to lower case'],
    right: 'local cloud',
    reason: 'keeps the case of names (API reference: "folded to lowercase when it is stored")',
  },
  {
    judge: 'ministack',
    by: 'boto3',
    service: 'Glue',
    cases: [
      'refuses what does not exist',
      'lists tables page by page',
      'folds names to lower case',
    ],
    right: 'local cloud',
    reason:
      'lists the tables of a database that does not exist, ignores MaxResults, keeps the case of names (API reference, GetTables and CreateTable)',
  },
  // ---- Athena
  {
    judge: 'ministack',
    by: 'contract',
    service: 'Athena',
    cases: [
      'gives columns with their types, and rows as text',
      'answers statements that are no queries without a header',
    ],
    right: 'local cloud',
    reason:
      "runs DuckDB's dialect as it is: no SHOW TABLES IN; and answers no precision and scale of decimals (API reference, ColumnInfo)",
  },
  {
    judge: 'ministack',
    by: 'boto3',
    service: 'Athena',
    cases: ['gives results page by page', 'says why a statement failed'],
    right: 'local cloud',
    reason:
      'gives one row more than MaxResults on the first page, and no AthenaError (API reference, GetQueryResults and QueryExecutionStatus)',
  },
  {
    judge: 'ministack',
    by: 'boto3',
    service: 'Athena',
    cases: ['starts a statement once per token'],
    right: 'local cloud',
    reason:
      'starts a statement again for a ClientRequestToken it has seen (API reference, StartQueryExecution)',
  },
  {
    judge: 'moto',
    by: 'boto3',
    service: 'Athena',
    cases: [
      'runs a statement',
      'gives results with a header',
      'gives results page by page',
      'says why a statement failed',
      'refuses what does not exist',
      'starts a statement once per token',
      'lists and stops statements',
      'tells what a statement took',
      'describes the catalogue',
    ],
    right: 'local cloud',
    reason: 'has the shape of the API and no engine: every statement succeeds with an empty result',
  },
  {
    judge: 'moto',
    by: 'boto3',
    service: 'Athena',
    cases: ['changes the primary work group'],
    right: 'local cloud',
    reason: 'answers 500 to UpdateWorkGroup',
  },
  {
    judge: 'ministack',
    by: 'boto3',
    service: 'Athena',
    cases: ['changes the primary work group', 'tells what a statement took'],
    right: 'local cloud',
    reason:
      'ignores RemoveBytesScannedCutoffPerQuery, and has no GetQueryRuntimeStatistics (API reference, WorkGroupConfigurationUpdates)',
  },
  // ---- Lambda
  {
    judge: 'ministack',
    by: 'boto3',
    service: 'Lambda',
    cases: ['invokes and waits', 'refuses what does not fit'],
    right: 'local cloud',
    reason:
      'answers no LogResult, and takes a payload that is no JSON (API reference, Invoke: InvalidRequestContentException)',
  },
  {
    judge: 'ministack',
    by: 'boto3',
    service: 'Lambda',
    cases: [
      'creates event source mappings',
      'changes event source mappings',
      'refuses mappings that do not fit',
    ],
    right: 'local cloud',
    reason:
      'maps one stream to one function twice, answers 200 to a change, takes a batch size above 10,000 (API reference, CreateEventSourceMapping and UpdateEventSourceMapping)',
  },
  // ---- CloudWatch
  {
    judge: 'ministack',
    by: 'boto3',
    service: 'CloudWatch',
    cases: ['refuses what does not fit'],
    right: 'local cloud',
    reason:
      'takes an EndTime before the StartTime (API reference, GetMetricStatistics: InvalidParameterValue)',
  },
  // ---- Secrets Manager and Parameter Store
  {
    judge: 'moto',
    by: 'boto3',
    service: 'SecretsManager',
    cases: [
      'keeps the current value beside a pending one',
      'deletes at once',
      'refuses what is documented',
    ],
    right: 'local cloud',
    reason:
      'answers 404 where the status of the error is 400 (API reference, ResourceNotFoundException and InvalidRequestException)',
  },
  {
    judge: 'moto',
    by: 'boto3',
    service: 'SecretsManager',
    cases: ['deletes with a window and restores'],
    right: 'local cloud',
    reason:
      'gives a secret a new value that is scheduled for deletion (API reference, PutSecretValue: InvalidRequestException)',
  },
  {
    judge: 'ministack',
    by: 'boto3',
    service: 'SecretsManager',
    cases: ['keeps the current value beside a pending one', 'takes a repeated put once'],
    right: 'local cloud',
    reason:
      'ignores a stage that is not of the version, and takes another value for a token (API reference, GetSecretValue and PutSecretValue)',
  },
  {
    judge: 'ministack',
    by: 'boto3',
    service: 'SecretsManager',
    cases: ['deletes with a window and restores', 'deletes at once'],
    right: 'local cloud',
    reason:
      'answers other errors around deletion (API reference, CreateSecret: InvalidRequestException; DeleteSecret: a forced deletion of nothing is no error)',
  },
  {
    judge: 'ministack',
    by: 'boto3',
    service: 'SecretsManager',
    cases: ['lists by filter and page'],
    right: 'local cloud',
    reason: 'sorts by name instead of CreatedDate (API reference, ListSecrets)',
  },
  {
    judge: 'moto',
    by: 'boto3',
    service: 'SSM',
    cases: ['walks a path', 'refuses names and values', 'refuses reserved names'],
    right: 'local cloud',
    reason:
      'takes paths and names without a leading slash, and more than 15 levels (API reference, GetParametersByPath and PutParameter)',
  },
  {
    judge: 'ministack',
    by: 'boto3',
    service: 'SSM',
    cases: ['walks a path', 'refuses names and values', 'refuses reserved names'],
    right: 'local cloud',
    reason:
      'takes paths and names without a leading slash, and more than 15 levels (API reference, GetParametersByPath and PutParameter)',
  },
];
