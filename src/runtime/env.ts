import { SluiceError } from '#core/errors.ts';

/** Environment variables of the lake-writer function; names and ARNs only. */
export interface LakeWriterEnv {
  readonly taskRoot: string;
  readonly deadLetterBucket: string;
  readonly stagingTable: string;
  /** Where the committer is told that something is staged; null: the writer commits itself. */
  readonly commitQueueUrl: string | null;
}

/** Throws CONFIG_INVALID naming every variable that is missing. */
export function readLakeWriterEnv(
  env: Readonly<Record<string, string | undefined>> = process.env,
): LakeWriterEnv {
  const names = ['LAMBDA_TASK_ROOT', 'DEAD_LETTER_BUCKET', 'STAGING_TABLE'];
  const [taskRoot, deadLetterBucket, stagingTable] = required(env, names);
  return {
    taskRoot: taskRoot!,
    deadLetterBucket: deadLetterBucket!,
    stagingTable: stagingTable!,
    commitQueueUrl: env['COMMIT_QUEUE_URL'] ?? null,
  };
}

/** Environment variables of the committer function. */
export interface CommitterEnv {
  readonly taskRoot: string;
  readonly stagingTable: string;
}

/** Throws CONFIG_INVALID naming every variable that is missing. */
export function readCommitterEnv(
  env: Readonly<Record<string, string | undefined>> = process.env,
): CommitterEnv {
  const [taskRoot, stagingTable] = required(env, ['LAMBDA_TASK_ROOT', 'STAGING_TABLE']);
  return { taskRoot: taskRoot!, stagingTable: stagingTable! };
}

/** Environment variables of the function of a sink. */
export interface SinkEnv {
  readonly taskRoot: string;
  readonly sink: string;
  readonly lakeBucket: string;
}

/** Throws CONFIG_INVALID naming every variable that is missing. */
export function readSinkEnv(
  env: Readonly<Record<string, string | undefined>> = process.env,
): SinkEnv {
  const [taskRoot, sink, lakeBucket] = required(env, ['LAMBDA_TASK_ROOT', 'SINK', 'LAKE_BUCKET']);
  return { taskRoot: taskRoot!, sink: sink!, lakeBucket: lakeBucket! };
}

/** Environment variables of the http-ingest function. */
export interface HttpIngestEnv {
  readonly taskRoot: string;
  readonly receiptsTable: string;
}

/** Throws CONFIG_INVALID naming every variable that is missing. */
export function readHttpIngestEnv(
  env: Readonly<Record<string, string | undefined>> = process.env,
): HttpIngestEnv {
  const names = ['LAMBDA_TASK_ROOT', 'RECEIPTS_TABLE'];
  const [taskRoot, receiptsTable] = required(env, names);
  return { taskRoot: taskRoot!, receiptsTable: receiptsTable! };
}

/** Environment variables of the http-poll function. */
export interface HttpPollEnv {
  readonly taskRoot: string;
  readonly receiptsTable: string;
  readonly connectorsTable: string;
  readonly deadLetterBucket: string;
}

/** Throws CONFIG_INVALID naming every variable that is missing. */
export function readHttpPollEnv(
  env: Readonly<Record<string, string | undefined>> = process.env,
): HttpPollEnv {
  const [taskRoot, receiptsTable, connectorsTable, deadLetterBucket] = required(env, [
    'LAMBDA_TASK_ROOT',
    'RECEIPTS_TABLE',
    'CONNECTORS_TABLE',
    'DEAD_LETTER_BUCKET',
  ]);
  return {
    taskRoot: taskRoot!,
    receiptsTable: receiptsTable!,
    connectorsTable: connectorsTable!,
    deadLetterBucket: deadLetterBucket!,
  };
}

/** Environment variables of the generator function. */
export interface GeneratorEnv {
  readonly taskRoot: string;
  readonly receiptsTable: string;
}

/** Throws CONFIG_INVALID naming every variable that is missing. */
export function readGeneratorEnv(
  env: Readonly<Record<string, string | undefined>> = process.env,
): GeneratorEnv {
  const [taskRoot, receiptsTable] = required(env, ['LAMBDA_TASK_ROOT', 'RECEIPTS_TABLE']);
  return { taskRoot: taskRoot!, receiptsTable: receiptsTable! };
}

/** Environment variables of the file-ingest function. */
export interface FileIngestEnv {
  readonly taskRoot: string;
  readonly landingBucket: string;
  readonly deadLetterBucket: string;
  readonly connectorsTable: string;
  readonly stagingTable: string;
  /** Of its own queue, where files that take longer than an invocation come again. */
  readonly queueUrl: string;
}

/** Throws CONFIG_INVALID naming every variable that is missing. */
export function readFileIngestEnv(
  env: Readonly<Record<string, string | undefined>> = process.env,
): FileIngestEnv {
  const [taskRoot, landingBucket, deadLetterBucket, connectorsTable, stagingTable, queueUrl] =
    required(env, [
      'LAMBDA_TASK_ROOT',
      'LANDING_BUCKET',
      'DEAD_LETTER_BUCKET',
      'CONNECTORS_TABLE',
      'STAGING_TABLE',
      'QUEUE_URL',
    ]);
  return {
    taskRoot: taskRoot!,
    landingBucket: landingBucket!,
    deadLetterBucket: deadLetterBucket!,
    connectorsTable: connectorsTable!,
    stagingTable: stagingTable!,
    queueUrl: queueUrl!,
  };
}

/** Environment variables of the ledger function. */
export interface LedgerEnv {
  readonly taskRoot: string;
  readonly receiptsTable: string;
  readonly stagingTable: string;
  readonly deadLetterBucket: string;
  /** Event source mappings of the lake-writer. */
  readonly mappingIds: readonly string[];
  /** Where runs of files are remembered; null for a domain without files. */
  readonly connectorsTable: string | null;
}

/** Throws CONFIG_INVALID naming every variable that is missing. */
export function readLedgerEnv(
  env: Readonly<Record<string, string | undefined>> = process.env,
): LedgerEnv {
  const [taskRoot, receiptsTable, stagingTable, deadLetterBucket, mappingIds] = required(env, [
    'LAMBDA_TASK_ROOT',
    'RECEIPTS_TABLE',
    'STAGING_TABLE',
    'DEAD_LETTER_BUCKET',
    'WRITER_MAPPING_IDS',
  ]);
  return {
    taskRoot: taskRoot!,
    receiptsTable: receiptsTable!,
    stagingTable: stagingTable!,
    deadLetterBucket: deadLetterBucket!,
    mappingIds: mappingIds!.split(','),
    connectorsTable: env['CONNECTORS_TABLE'] ?? null,
  };
}

/** Environment variables of the maintenance function. */
export interface MaintenanceEnv {
  readonly taskRoot: string;
  readonly stagingTable: string;
  /** Null where no table is left to Athena. */
  readonly workGroup: string | null;
}

/** Throws CONFIG_INVALID naming every variable that is missing. */
export function readMaintenanceEnv(
  env: Readonly<Record<string, string | undefined>> = process.env,
): MaintenanceEnv {
  const [taskRoot, stagingTable] = required(env, ['LAMBDA_TASK_ROOT', 'STAGING_TABLE']);
  return {
    taskRoot: taskRoot!,
    stagingTable: stagingTable!,
    workGroup: env['ATHENA_WORKGROUP'] ?? null,
  };
}

/** Where the domain's Kafka is, for functions that read or write topics themselves; null where its buffer is Kinesis. */
export function readKafkaEnv(
  env: Readonly<Record<string, string | undefined>> = process.env,
): { readonly clusterArn: string; readonly generation: number } | null {
  const clusterArn = env['KAFKA_CLUSTER_ARN'];
  if (clusterArn === undefined || clusterArn === '') return null;
  return { clusterArn, generation: readTopicGeneration(env) };
}

/** Generation of the domain's Kafka topics; 1 where nothing is said. Throws CONFIG_INVALID. */
export function readTopicGeneration(
  env: Readonly<Record<string, string | undefined>> = process.env,
): number {
  const text = env['KAFKA_GENERATION'] ?? '1';
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new SluiceError(
    'CONFIG_INVALID',
    `environment variable KAFKA_GENERATION: expected a number from 1, got "${text}"; the CDK stack sets it, deploy it again`,
  );
}

function required(
  env: Readonly<Record<string, string | undefined>>,
  names: readonly string[],
): readonly string[] {
  const missing = names.filter((name) => env[name] === undefined || env[name] === '');
  if (missing.length > 0) {
    throw new SluiceError(
      'CONFIG_INVALID',
      `environment variables missing: ${missing.join(', ')}; the CDK stack sets them, deploy it again`,
    );
  }
  return names.map((name) => env[name]!);
}

/** Folder for the local state instead of `.sluice` in the project; null when the variable is not set. */
export function readStateRoot(
  env: Readonly<Record<string, string | undefined>> = process.env,
): string | null {
  const folder = env['SLUICE_STATE'];
  return folder === undefined || folder === '' ? null : folder;
}

/** What a child process of ours inherits, and nothing else. */
export function childEnvironment(
  env: Readonly<Record<string, string | undefined>> = process.env,
): Record<string, string> {
  const { PATH = '', HOME = '' } = env;
  return { PATH, HOME };
}
