import { execFile } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';
import { pythonOf } from '../judges/judge-folder.ts';

export const SERVICES = [
  's3',
  'kinesis',
  'dynamodb',
  'glue',
  'glue-schema',
  'athena',
  'lambda',
  'cloudwatch',
  'sqs',
  'events',
  'sts',
  'secretsmanager',
  'ssm',
] as const;
export type Service = (typeof SERVICES)[number];

const checkResults = z.array(
  z.object({
    check: z.string(),
    /** What AWS documents and the implementation does not do; null when the check passed. */
    problem: z.string().nullable(),
    /** Answers that are not as botocore's model of the service has them. */
    shapes: z.array(z.string()),
    calls: z.array(
      z.object({
        operation: z.string(),
        status: z.int(),
        code: z.string().nullable(),
        members: z.array(z.string()),
      }),
    ),
  }),
);
export type CheckResult = z.infer<typeof checkResults>[number];
export type RecordedCall = CheckResult['calls'][number];

const HERE = path.dirname(fileURLToPath(import.meta.url));
const TIMEOUT_MS = 180_000;
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

/** Runs `<service>_checks.py` against an endpoint. `facts` name what is deployed there already. */
export async function runChecks(
  service: Service,
  target: {
    readonly python: string;
    readonly endpoint: string;
    readonly facts?: Readonly<Record<string, string>>;
  },
): Promise<readonly CheckResult[]> {
  const script = path.join(HERE, `${service}_checks.py`);
  const { stdout } = await promisify(execFile)(
    pythonOf(target.python),
    ['-B', script, target.endpoint, JSON.stringify(target.facts ?? {})],
    {
      env: { PATH: process.env['PATH'] ?? '', AWS_EC2_METADATA_DISABLED: 'true' },
      timeout: TIMEOUT_MS,
      maxBuffer: MAX_OUTPUT_BYTES,
    },
  );
  return checkResults.parse(JSON.parse(stdout));
}
