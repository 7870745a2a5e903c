import { rmSync } from 'node:fs';
import { z } from 'zod';
import { SluiceError } from '#core/errors.ts';
import type { BackendEndpoints } from '#runtime/backend-endpoints.ts';
import { ensureAssembly } from './assembly.ts';
import { claimBackend } from './backend/backend.ts';
import type { CommandContext } from './command.ts';
import { lockHolder, takeLock } from './process-lock.ts';
import type { StackOutputs } from './stack-outputs.ts';
import { readJsonFile, type StateFolder, stateFolder } from './state-folder.ts';

export const DEFAULT_PORT = 4566;

/** Answer of `GET /_sluice/health`. */
const healthAnswer = z.object({
  pid: z.int(),
  endpoint: z.string(),
  /** Records wait on a shard, or a function is at work. */
  pending: z.boolean(),
  checkpoints: z.record(z.string(), z.string().nullable()),
  stacks: z.array(z.object({ name: z.string(), resources: z.int() })),
  outputs: z.record(z.string(), z.record(z.string(), z.string())),
  delegates: z.record(z.string(), z.string()).default({}),
});
export interface CloudHealth {
  readonly pid: number;
  readonly endpoint: string;
  readonly pending: boolean;
  /** Mapping and shard to the last sequence number done with. */
  readonly checkpoints: Readonly<Record<string, string | null>>;
  readonly stacks: readonly { readonly name: string; readonly resources: number }[];
  /** Stack name to output name to value. */
  readonly outputs: StackOutputs;
  /** Services that other programs serve, and where; the others are embedded. */
  readonly delegates: Readonly<Record<string, string>>;
}

/** A local cloud to work with: started by this process, or found running. */
export interface LocalCloud {
  readonly endpoint: string;
  readonly attached: boolean;
  readonly stacks: CloudHealth['stacks'];
  /** Stack name to output name to value. */
  readonly outputs: CloudHealth['outputs'];
  readonly seconds: { readonly synth: number; readonly template: number };
  health(): Promise<CloudHealth>;
  /** Stops a cloud that this process started; one that was found running goes on. */
  close(): Promise<void>;
}

/** Uses the local cloud that runs on this state, or starts one on the kept state. */
export async function openLocalCloud(
  context: Pick<CommandContext, 'root' | 'output'>,
  options: { readonly port: number },
): Promise<LocalCloud> {
  const folder = stateFolder(context.root, 'local');
  for (;;) {
    const running = await findLocalCloud(context.root);
    if (running !== null) return running;
    const release = takeLock(folder.lockFile);
    if (release !== null) return await startOn(folder, context, { ...options, release });
    // Another process was faster; it announces itself.
  }
}

/** The running local cloud, or null. Throws USAGE when a process holds the state and does not answer. */
export async function findLocalCloud(root: string): Promise<LocalCloud | null> {
  const endpoint = await announcedEndpoint(stateFolder(root, 'local'));
  if (endpoint === null) return null;
  const first = await fetchHealth(endpoint);
  return {
    endpoint,
    attached: true,
    stacks: first.stacks,
    outputs: first.outputs,
    seconds: { synth: 0, template: 0 },
    health: () => fetchHealth(endpoint),
    close: async () => {},
  };
}

/** The running local cloud. Throws SOURCE_UNAVAILABLE when none is up. */
export async function requireLocalCloud(root: string): Promise<LocalCloud> {
  const cloud = await findLocalCloud(root);
  if (cloud !== null) return cloud;
  throw new SluiceError(
    'SOURCE_UNAVAILABLE',
    'the local cloud is not up; start it in another terminal: npm run dev',
  );
}

/** Starts a local cloud of this process. Throws USAGE when another process has one on this state. */
export async function startLocalCloud(
  context: Pick<CommandContext, 'root' | 'output'>,
  options: { readonly port: number; readonly delegates?: BackendEndpoints },
): Promise<LocalCloud> {
  const folder = stateFolder(context.root, 'local');
  const release = takeLock(folder.lockFile);
  if (release === null) {
    const holder = lockHolder(folder.lockFile)?.pid ?? 'unknown';
    throw new SluiceError(
      'USAGE',
      `the local state is in use by process ${holder}; stop it, or use its endpoint`,
    );
  }
  return await startOn(folder, context, { ...options, release });
}

/** Synthesizes where the sources changed, deploys the assembly and starts the mappings. */
async function startOn(
  folder: StateFolder,
  context: Pick<CommandContext, 'root'>,
  options: {
    readonly port: number;
    readonly delegates?: BackendEndpoints;
    readonly release: () => void;
  },
): Promise<LocalCloud> {
  const { release, delegates = {} } = options;
  try {
    if (Object.keys(delegates).length === 0) claimBackend(context.root, 'embedded');
    // Left by a killed process, whose pid may be ours now.
    rmSync(folder.cloudFile, { force: true });
    const assembly = await ensureAssembly({ root: context.root, folder, environment: 'local' });
    const startedMs = performance.now();
    const { startLocalCloud: start } = await import('#embedded/start-local-cloud.ts');
    const cloud = await start({
      assemblyDir: assembly.dir,
      stateDir: folder.services,
      logDir: folder.logs,
      cloudFile: folder.cloudFile,
      brokerFile: folder.brokerFile,
      port: options.port,
      delegates,
    });
    const templateSeconds = (performance.now() - startedMs) / 1000;
    return {
      endpoint: cloud.endpoint,
      attached: false,
      stacks: cloud.health().stacks,
      outputs: cloud.health().outputs,
      seconds: { synth: assembly.seconds, template: templateSeconds },
      health: () => cloud.freshHealth(),
      close: async () => {
        await cloud.close();
        rmSync(folder.cloudFile, { force: true });
        release();
      },
    };
  } catch (error) {
    release();
    throw error;
  }
}

/** Synthesis and deployment on a slow machine. */
const ANNOUNCE_TIMEOUT_MS = 60_000;

/** The holder of the state writes its endpoint once it is up; it may still be deploying. Null when nobody holds the state. */
async function announcedEndpoint(folder: StateFolder): Promise<string | null> {
  const deadline = performance.now() + ANNOUNCE_TIMEOUT_MS;
  for (;;) {
    const holder = lockHolder(folder.lockFile);
    if (holder === null) return null;
    const announced = z
      .object({ pid: z.literal(holder.pid), endpoint: z.string() })
      .safeParse(readJsonFile(folder.cloudFile));
    if (announced.success) return announced.data.endpoint;
    if (performance.now() > deadline) {
      throw new SluiceError(
        'USAGE',
        `process ${holder.pid} holds the local state but does not answer; stop it (kill ${holder.pid}) and try again`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function fetchHealth(endpoint: string): Promise<CloudHealth> {
  try {
    const response = await fetch(`${endpoint}/_sluice/health`, {
      signal: AbortSignal.timeout(10_000),
    });
    return healthAnswer.parse(await response.json());
  } catch (cause) {
    throw new SluiceError(
      'SOURCE_UNAVAILABLE',
      `the local cloud at ${endpoint} does not answer its health check; start it again`,
      { cause },
    );
  }
}

/** Longer than the writer's time-out and its first retries. */
const STALL_MS = 180_000;

/**
 * Resolves when nothing waits on any shard and no function is at work, or when the signal is aborted.
 * Throws SOURCE_UNAVAILABLE when records wait and nothing has been taken in for three minutes.
 */
export async function waitUntilDrained(
  cloud: Pick<LocalCloud, 'health'>,
  options: {
    readonly signal: AbortSignal;
    readonly onPoll: () => Promise<void>;
    /** @default STALL_MS */
    readonly stallMs?: number;
  },
): Promise<void> {
  const stallMs = options.stallMs ?? STALL_MS;
  let position = '';
  let movedMs = performance.now();
  while (!options.signal.aborted) {
    const { pending, checkpoints } = await cloud.health();
    if (!pending) return;
    const now = JSON.stringify(checkpoints);
    if (now !== position) movedMs = performance.now();
    position = now;
    if (performance.now() - movedMs > stallMs) {
      throw new SluiceError(
        'SOURCE_UNAVAILABLE',
        `records wait, but the writer has taken in nothing for ${Math.round(stallMs / 1000)} s; look into its log below .sluice/local/logs`,
      );
    }
    await options.onPoll();
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Environment variables that point any AWS client at the local cloud. */
export function clientEnvironment(endpoint: string): Readonly<Record<string, string>> {
  return {
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: 'us-east-1',
    // boto3 and AWS CLI 1 read only this one.
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
  };
}
