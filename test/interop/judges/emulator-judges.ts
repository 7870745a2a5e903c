import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { MINIO_KEY } from '../emulators/judge-environment.ts';
import {
  findPython,
  type Installed,
  installArchive,
  installGo,
  installNpm,
  installPython,
  judgesFolder,
  pythonOf,
} from './judge-folder.ts';
import { freePort, type RunningJudge, startJudge } from './judge-process.ts';

/** An implementation of AWS services by somebody else. */
export interface EmulatorJudge {
  readonly name: 'moto' | 'ministack' | 'kinesis-mock' | 'minio' | 'localstack' | 'apicurio';
  /** Package and pinned version. */
  readonly version: string;
  readonly judges: readonly string[];
  /** A part of the compose profile that not every machine can have: told when it is missing, and no failure. */
  readonly optional?: true;
  install(): Installed;
  start(folder: string): Promise<RunningJudge>;
}

const LOOPBACK_ONLY = fileURLToPath(new URL('./loopback-only.cjs', import.meta.url));
/** The last commit of the archived repository that the module proxy has. */
const MINIO = 'github.com/minio/minio@v0.0.0-20260212201848-7aac2a2c5b7c';
/** The version LocalStack 4.14.0 would install by itself. */
const LOCALSTACK_KINESIS = 'kinesis-local@0.5.2';

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
  {
    name: 'minio',
    version: 'MinIO of 2026-02-12 (Go module)',
    judges: ['S3'],
    optional: true,
    install: () => installGo('minio', MINIO),
    start: async (folder) => {
      const port = await freePort();
      const addresses = ['--address', `127.0.0.1:${port}`, '--console-address', '127.0.0.1:0'];
      return await startIn((cwd) =>
        startJudge(
          path.join(folder, 'minio'),
          ['server', '--quiet', ...addresses, path.join(cwd, 'data')],
          {
            port,
            cwd,
            environment: {
              MINIO_ROOT_USER: MINIO_KEY.accessKeyId,
              MINIO_ROOT_PASSWORD: MINIO_KEY.secretAccessKey,
              MINIO_BROWSER: 'off',
            },
          },
        ),
      );
    },
  },
  {
    name: 'localstack',
    version: 'LocalStack 4.14.0 (PyPI, without containers)',
    judges: ['S3', 'Kinesis'],
    optional: true,
    install: installLocalStack,
    start: async (folder) => {
      const port = await freePort();
      return await startIn((cwd) => {
        // Where LocalStack looks before it fetches the program by itself.
        const programs = path.join(cwd, 'var/lib/localstack/lib/kinesis-local');
        mkdirSync(programs, { recursive: true });
        symlinkSync(path.join(judgesFolder(), 'localstack-kinesis'), path.join(programs, '0.5.2'));
        return startJudge(pythonOf(folder), ['-m', 'localstack.runtime.main'], {
          port,
          cwd,
          environment: {
            FILESYSTEM_ROOT: cwd,
            OVERRIDE_IN_DOCKER: '0',
            GATEWAY_LISTEN: `127.0.0.1:${port}`,
            // The other server listens on every address.
            GATEWAY_SERVER: 'hypercorn',
            NODE_OPTIONS: `--require ${LOOPBACK_ONLY}`,
            SERVICES: 's3,kinesis',
            EAGER_SERVICE_LOADING: '1',
            DISABLE_EVENTS: '1',
            SKIP_SSL_CERT_DOWNLOAD: '1',
            DNS_ADDRESS: '0',
          },
        });
      });
    },
  },
  {
    name: 'apicurio',
    version: 'Apicurio Registry 2.6.13.Final (Maven Central)',
    judges: ['Confluent client (schema registry)'],
    optional: true,
    install: () =>
      hasJava()
        ? installArchive('apicurio', APICURIO)
        : { kind: 'missing', reason: 'Apicurio needs Java 17' },
    start: async (folder) => {
      const port = await freePort();
      const jar = path.join(folder, 'apicurio-registry-app-2.6.13.Final-runner.jar');
      const address = ['-Dquarkus.http.host=127.0.0.1', `-Dquarkus.http.port=${port}`];
      return await startIn((cwd) =>
        startJudge('java', ['-Xmx400m', ...address, '-jar', jar], {
          port,
          cwd,
          environment: {},
          startTimeoutMs: 120_000,
        }),
      );
    },
  },
];

/** A registry with Confluent's REST API, its versions in memory; compatibility is judged by Avro's own Java library. */
const APICURIO = {
  url: 'https://repo1.maven.org/maven2/io/apicurio/apicurio-registry-app/2.6.13.Final/apicurio-registry-app-2.6.13.Final-all.tar.gz',
  sha256: '3cda1b34aa020fb4ac4dd6a66018d757e81e437f97e20a1f92d366b70091c6ba',
  hasTopFolder: false,
  prune: () => {},
};

function hasJava(): boolean {
  return spawnSync('java', ['-version'], { stdio: 'ignore' }).status === 0;
}

/** LocalStack names no upper versions: these are the last that its code works with. */
function installLocalStack(): Installed {
  const python = findPython(13);
  if (python === null) return { kind: 'missing', reason: 'LocalStack 4.14.0 needs Python 3.13' };
  const kinesis = installNpm('localstack-kinesis', [LOCALSTACK_KINESIS]);
  if (kinesis.kind === 'missing') return kinesis;
  return installPython(
    'localstack',
    [
      'localstack-core[runtime]==4.14.0',
      'cbor2==5.7.1',
      'pyopenssl==25.3.0',
      'service-identity==24.2.0',
    ],
    python,
  );
}

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
