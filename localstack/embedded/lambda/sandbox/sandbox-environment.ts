import type { IamCredentials, LambdaFunctionConfig } from '#embedded/services.ts';
import { LOCAL_REGION } from '#embedded/services.ts';

/** Variables a function may not set. Source: AWS Lambda developer guide, "Defined runtime environment variables". */
const RESERVED = new Set([
  '_HANDLER',
  '_X_AMZN_TRACE_ID',
  'AWS_ACCESS_KEY',
  'AWS_ACCESS_KEY_ID',
  'AWS_DEFAULT_REGION',
  'AWS_EXECUTION_ENV',
  'AWS_LAMBDA_FUNCTION_MEMORY_SIZE',
  'AWS_LAMBDA_FUNCTION_NAME',
  'AWS_LAMBDA_FUNCTION_VERSION',
  'AWS_LAMBDA_INITIALIZATION_TYPE',
  'AWS_LAMBDA_LOG_GROUP_NAME',
  'AWS_LAMBDA_LOG_STREAM_NAME',
  'AWS_LAMBDA_RUNTIME_API',
  'AWS_REGION',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SECRET_KEY',
  'AWS_SESSION_TOKEN',
  'LAMBDA_RUNTIME_DIR',
  'LAMBDA_TASK_ROOT',
]);

export const FUNCTION_VERSION = '$LATEST';
export const RUNTIME = 'nodejs24.x';

export function reservedVariables(environment: Readonly<Record<string, string>>): string[] {
  return Object.keys(environment).filter((name) => RESERVED.has(name));
}

export function logGroupName(functionName: string): string {
  return `/aws/lambda/${functionName}`;
}

/** What the secret backends of a laptop read: variables of secrets, and the folder that relative paths begin at. */
function developerSecrets(): Record<string, string> {
  const { SLUICE_SECRETS_ROOT: root = process.cwd() } = process.env;
  const variables = Object.entries(process.env).flatMap(([name, value]): [string, string][] =>
    name.startsWith('SLUICE_SECRET_') && value !== undefined ? [[name, value]] : [],
  );
  return { SLUICE_SECRETS_ROOT: root, ...Object.fromEntries(variables) };
}

/**
 * The whole environment of a sandbox: what Lambda defines, the function's own variables, the endpoint
 * of the local cloud, and of this process nothing but PATH and the secrets of a developer (docs/secrets.md).
 */
export function sandboxEnvironment(
  config: LambdaFunctionConfig,
  sandbox: {
    /** `host:port` */
    readonly runtimeApi: string;
    readonly logStreamName: string;
    readonly endpointUrl: string | null;
    /** Of the function's role; null for the administrator's. */
    readonly credentials: IamCredentials | null;
  },
): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin',
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
    ...(sandbox.endpointUrl === null ? {} : { AWS_ENDPOINT_URL: sandbox.endpointUrl }),
    ...developerSecrets(),
    ...config.environment,
    _HANDLER: config.handler,
    LAMBDA_TASK_ROOT: config.codeDir,
    AWS_LAMBDA_RUNTIME_API: sandbox.runtimeApi,
    AWS_LAMBDA_FUNCTION_NAME: config.name,
    AWS_LAMBDA_FUNCTION_VERSION: FUNCTION_VERSION,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(config.memoryMb),
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: logGroupName(config.name),
    AWS_LAMBDA_LOG_STREAM_NAME: sandbox.logStreamName,
    AWS_EXECUTION_ENV: `AWS_Lambda_${RUNTIME}`,
    AWS_REGION: LOCAL_REGION,
    AWS_DEFAULT_REGION: LOCAL_REGION,
    AWS_ACCESS_KEY_ID: sandbox.credentials?.accessKeyId ?? 'local',
    AWS_SECRET_ACCESS_KEY: sandbox.credentials?.secretAccessKey ?? 'local',
    AWS_SESSION_TOKEN: sandbox.credentials?.sessionToken ?? 'local',
  };
}
