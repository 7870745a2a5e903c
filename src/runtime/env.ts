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
