import path from 'node:path';
import type { BackendEndpoints } from '#runtime/backend-endpoints.ts';
import type { Docker } from './docker.ts';

/** Services of localstack/docker-compose.yml that the local cloud itself needs. */
const STORES = ['localstack', 'minio'] as const;
/** Reads the tables through the local cloud, so it comes last. */
const READER = 'trino';
const WAIT_SECONDS = 180;

/** Ports and key of localstack/docker-compose.yml. */
export const COMPOSE_ENDPOINTS: BackendEndpoints = {
  s3: {
    url: 'http://127.0.0.1:9000',
    accessKeyId: 'sluice',
    secretAccessKey: 'sluice-local',
  },
  kinesis: { url: 'http://127.0.0.1:4567', accessKeyId: 'test', secretAccessKey: 'test' },
  dynamodb: { url: 'http://127.0.0.1:4567', accessKeyId: 'test', secretAccessKey: 'test' },
};
export const TRINO_URL = 'http://127.0.0.1:8088';

export interface ComposeService {
  readonly name: string;
  /** `running (healthy)` */
  readonly state: string;
}

/** The containers of localstack/docker-compose.yml. */
export interface ComposeStack {
  /** Starts the object store and LocalStack, and waits until they are healthy. Throws SOURCE_UNAVAILABLE. */
  startStores(signal: AbortSignal): Promise<void>;
  /** Starts Trino on the tables of the local cloud at this endpoint. Throws SOURCE_UNAVAILABLE. */
  startReader(endpoint: string, signal: AbortSignal): Promise<void>;
  services(): Promise<readonly ComposeService[]>;
  /** Stops the containers that this process started; those that were up before stay. Data is kept. */
  stop(): Promise<void>;
  /** Removes every container and its data. */
  remove(): Promise<void>;
}

export function openComposeStack(docker: Docker, root: string): ComposeStack {
  const file = path.join(root, 'localstack', 'docker-compose.yml');
  const compose = ['compose', '--file', file];
  const started = new Set<string>();
  const up = async (
    services: readonly string[],
    options: Parameters<Docker['run']>[1],
  ): Promise<void> => {
    const running = await docker.run([...compose, 'ps', '--services', '--status', 'running']);
    const before = new Set(running.split('\n').map((line) => line.trim()));
    // Remembered before they are up: an interrupted start is stopped too.
    for (const service of services) if (!before.has(service)) started.add(service);
    const wait = ['--detach', '--wait', '--wait-timeout', String(WAIT_SECONDS)];
    await docker.run([...compose, 'up', ...wait, ...services], { showProgress: true, ...options });
  };
  return {
    startStores: (signal) => up(STORES, { signal }),
    startReader: (endpoint, signal) =>
      up([READER], { signal, environment: { SLUICE_CATALOG_URI: `${endpoint}/iceberg` } }),
    async services() {
      const text = await docker.run([...compose, 'ps', '--all', '--format', 'json']);
      return readServices(text);
    },
    async stop() {
      if (started.size > 0) await docker.run([...compose, 'stop', ...started]);
      started.clear();
    },
    remove: async () => {
      await docker.run([...compose, 'down', '--volumes'], { showProgress: true });
    },
  };
}

/** One JSON object a line; older releases of Compose 2 print one array. */
function readServices(text: string): readonly ComposeService[] {
  const values = text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .flatMap((line): unknown => JSON.parse(line));
  return (values as Readonly<Record<string, string>>[])
    .map(({ Service = '', State = '', Health = '' }) => ({
      name: Service,
      state: Health === '' ? State : `${State} (${Health})`,
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}
