import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Installed, installNpm, installPython, pythonOf } from './judge-folder.ts';
import { freePort, type RunningJudge, startJudge } from './judge-process.ts';

/** An implementation of AWS services by somebody else. */
export interface EmulatorJudge {
  readonly name: 'moto' | 'ministack' | 'kinesis-mock';
  /** Package and pinned version. */
  readonly version: string;
  readonly judges: readonly string[];
  install(): Installed;
  start(folder: string): Promise<RunningJudge>;
}

const LOOPBACK_ONLY = fileURLToPath(new URL('./loopback-only.cjs', import.meta.url));

export const EMULATOR_JUDGES: readonly EmulatorJudge[] = [
  {
    name: 'moto',
    version: 'moto 5.2.5 (PyPI)',
    judges: ['S3', 'DynamoDB', 'Glue', 'Kinesis', 'Athena (shapes of answers)'],
    install: () => installPython('moto', ['moto[server]==5.2.5', 'boto3==1.44.5']),
    start: async (folder) => {
      const port = await freePort();
      const server = path.join(folder, 'bin', 'moto_server');
      return await startIn((cwd) =>
        startJudge(server, ['-H', '127.0.0.1', '-p', String(port)], {
          port,
          cwd,
          environment: {},
        }),
      );
    },
  },
  {
    name: 'ministack',
    version: 'ministack 1.5.33 (PyPI) with duckdb 1.4.2',
    judges: ['S3', 'DynamoDB', 'Glue', 'Kinesis', 'Athena', 'Lambda event source mappings'],
    install: () => installPython('ministack', ['ministack==1.5.33', 'duckdb==1.4.2']),
    start: async (folder) => {
      const port = await freePort();
      return await startIn((cwd) =>
        startJudge(pythonOf(folder), ['-m', 'ministack'], {
          port,
          cwd,
          environment: {
            BIND_HOST: '127.0.0.1',
            GATEWAY_PORT: String(port),
            // Each of these would open a port of its own, or look for containers of other people.
            IOT_MTLS_ENABLED: '0',
            SFTP_ENABLED: '0',
            DOCKER_HOST: 'unix:///nonexistent',
            LAMBDA_EXECUTOR: 'local',
            S3_DATA_DIR: path.join(cwd, 's3'),
          },
        }),
      );
    },
  },
  {
    name: 'kinesis-mock',
    version: 'kinesis-local 0.6.2 (npm)',
    judges: ['Kinesis'],
    install: () => installNpm('kinesis-mock', ['kinesis-local@0.6.2']),
    start: async (folder) => {
      const port = await freePort();
      const tlsPort = await freePort();
      const home = path.join(folder, 'node_modules', 'kinesis-local');
      return await startJudge(process.execPath, ['--require', LOOPBACK_ONLY, 'main.js'], {
        port,
        cwd: home,
        environment: {
          KINESIS_MOCK_PLAIN_PORT: String(port),
          KINESIS_MOCK_TLS_PORT: String(tlsPort),
          SHARD_LIMIT: '10000',
          LOG_LEVEL: 'ERROR',
          ...Object.fromEntries(DURATIONS.map((name) => [name, '10ms'])),
        },
      });
    },
  },
];

/** What kinesis-mock waits for on purpose. */
const DURATIONS = [
  'CREATE_STREAM_DURATION',
  'DELETE_STREAM_DURATION',
  'MERGE_SHARDS_DURATION',
  'SPLIT_SHARD_DURATION',
  'UPDATE_SHARD_COUNT_DURATION',
];

/** Runs a server in a folder of its own, which is removed with it. */
async function startIn(start: (cwd: string) => Promise<RunningJudge>): Promise<RunningJudge> {
  const cwd = mkdtempSync(path.join(os.tmpdir(), 'sluice-judge-'));
  mkdirSync(cwd, { recursive: true });
  const running = await start(cwd).catch((error: unknown) => {
    rmSync(cwd, { recursive: true, force: true });
    throw error;
  });
  return {
    endpoint: running.endpoint,
    stop: async () => {
      await running.stop();
      rmSync(cwd, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
