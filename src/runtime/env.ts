import { SluiceError } from '#core/errors.ts';

/** Environment variables of the lake-writer function; names and ARNs only. */
export interface LakeWriterEnv {
  readonly taskRoot: string;
  readonly deadLetterBucket: string;
}

/** Throws CONFIG_INVALID naming every variable that is missing. */
export function readLakeWriterEnv(
  env: Readonly<Record<string, string | undefined>> = process.env,
): LakeWriterEnv {
  const [taskRoot, deadLetterBucket] = required(env, ['LAMBDA_TASK_ROOT', 'DEAD_LETTER_BUCKET']);
  return { taskRoot: taskRoot!, deadLetterBucket: deadLetterBucket! };
}

/** Environment variables of the http-ingest function. */
export interface HttpIngestEnv {
  readonly taskRoot: string;
  readonly streamName: string;
  readonly receiptsTable: string;
}

/** Throws CONFIG_INVALID naming every variable that is missing. */
export function readHttpIngestEnv(
  env: Readonly<Record<string, string | undefined>> = process.env,
): HttpIngestEnv {
  const names = ['LAMBDA_TASK_ROOT', 'STREAM_NAME', 'RECEIPTS_TABLE'];
  const [taskRoot, streamName, receiptsTable] = required(env, names);
  return { taskRoot: taskRoot!, streamName: streamName!, receiptsTable: receiptsTable! };
}

/** Environment variables of the ledger function. */
export interface LedgerEnv {
  readonly taskRoot: string;
  readonly streamName: string;
  readonly receiptsTable: string;
  readonly deadLetterBucket: string;
  /** Event source mapping of the lake-writer. */
  readonly mappingId: string;
}

/** Throws CONFIG_INVALID naming every variable that is missing. */
export function readLedgerEnv(
  env: Readonly<Record<string, string | undefined>> = process.env,
): LedgerEnv {
  const [taskRoot, streamName, receiptsTable, deadLetterBucket, mappingId] = required(env, [
    'LAMBDA_TASK_ROOT',
    'STREAM_NAME',
    'RECEIPTS_TABLE',
    'DEAD_LETTER_BUCKET',
    'WRITER_MAPPING_ID',
  ]);
  return {
    taskRoot: taskRoot!,
    streamName: streamName!,
    receiptsTable: receiptsTable!,
    deadLetterBucket: deadLetterBucket!,
    mappingId: mappingId!,
  };
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
