import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { type Installed, installArchive } from './judge-folder.ts';
import { freePort, startJudge } from './judge-process.ts';

/** A Trino that reads the tables of a local cloud. */
export interface RunningTrino {
  /** Values of the rows of a statement's answer. Throws with Trino's message. */
  query(sql: string): Promise<readonly (readonly unknown[])[]>;
  stop(): Promise<void>;
}

export const TRINO_VERSION = 'Trino 476 (Maven Central)';
const ARCHIVE = {
  url: 'https://repo1.maven.org/maven2/io/trino/trino-server/476/trino-server-476.tar.gz',
  sha256: 'cfd5accde17e8ebd251eeeb78aed1f490e77bb3a164d95a0f454bf8a7c1cbd3f',
  /** Each plugin is a data source that is loaded at every start. */
  prune(folder: string): void {
    const plugins = path.join(folder, 'plugin');
    for (const name of readdirSync(plugins).filter((each) => each !== 'iceberg')) {
      rmSync(path.join(plugins, name), { recursive: true });
    }
  },
};
/** Source: Trino documentation, "Deploying Trino", requirements of release 476. */
const MIN_JAVA = 24;
/** The settings of the container. */
const SETTINGS = fileURLToPath(new URL('../../../localstack/trino', import.meta.url));
const START_TIMEOUT_MS = 240_000;
const POLL_MS = 500;

export function installTrino(): Installed {
  if (findJava() !== null) return installArchive('trino', ARCHIVE);
  return { kind: 'missing', reason: `Trino needs Java ${MIN_JAVA}; set JAVA_HOME` };
}

/** Starts Trino with the project's own settings. Throws when it does not come up. */
export async function startTrino(
  folder: string,
  tables: {
    readonly catalogUri: string;
    readonly s3: {
      readonly url: string;
      readonly accessKeyId: string;
      readonly secretAccessKey: string;
    };
  },
): Promise<RunningTrino> {
  const port = await freePort();
  const cwd = mkdtempSync(path.join(os.tmpdir(), 'sluice-trino-'));
  const javaHome = findJava() ?? '';
  const remove = () => rmSync(cwd, { recursive: true, force: true, maxRetries: 5 });
  try {
    const running = await startJudge(
      path.join(folder, 'bin', 'launcher'),
      ['run', '--etc-dir', SETTINGS, '--data-dir', cwd],
      {
        port,
        cwd,
        startTimeoutMs: START_TIMEOUT_MS,
        environment: {
          JAVA_HOME: javaHome,
          PATH: `${path.join(javaHome, 'bin')}:${process.env['PATH'] ?? ''}`,
          SLUICE_TRINO_PORT: String(port),
          SLUICE_CATALOG_URI: tables.catalogUri,
          SLUICE_S3_ENDPOINT: tables.s3.url,
          SLUICE_S3_ACCESS_KEY: tables.s3.accessKeyId,
          SLUICE_S3_SECRET_KEY: tables.s3.secretAccessKey,
        },
      },
    );
    await untilStarted(running.endpoint);
    return {
      query: (sql) => query(running.endpoint, sql),
      stop: async () => {
        await running.stop();
        remove();
      },
    };
  } catch (error) {
    remove();
    throw error;
  }
}

/** Folder of a Java that is new enough; null when there is none. */
function findJava(): string | null {
  const folder = '/usr/lib/jvm';
  const found = existsSync(folder)
    ? readdirSync(folder).map((name) => path.join(folder, name))
    : [];
  const { JAVA_HOME = '' } = process.env;
  return [JAVA_HOME, ...found].find((home) => home !== '' && majorOf(home) >= MIN_JAVA) ?? null;
}

function majorOf(home: string): number {
  const { stderr } = spawnSync(path.join(home, 'bin', 'java'), ['-version'], { encoding: 'utf8' });
  return Number(/version "(\d+)/.exec(stderr ?? '')?.[1] ?? 0);
}

/** Started is one thing; having found itself as the node that works is another. */
async function untilStarted(endpoint: string): Promise<void> {
  const deadline = performance.now() + START_TIMEOUT_MS;
  for (;;) {
    const info = (await (await fetch(`${endpoint}/v1/info`)).json()) as { starting?: boolean };
    const problem =
      info.starting === false
        ? await query(endpoint, 'SELECT count(*) FROM sluice.information_schema.schemata').then(
            () => null,
            (error: Error) => error.message,
          )
        : 'it is still starting';
    if (problem === null) return;
    if (performance.now() > deadline) throw new Error(`Trino does not work: ${problem}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

const answer = z.object({
  nextUri: z.string().optional(),
  data: z.array(z.array(z.unknown())).default([]),
  error: z.object({ message: z.string() }).optional(),
});

/** Source: Trino documentation, client protocol: an answer names where it goes on, until it names nothing. */
async function query(endpoint: string, sql: string): Promise<readonly (readonly unknown[])[]> {
  const rows: (readonly unknown[])[] = [];
  let request: Promise<Response> = fetch(`${endpoint}/v1/statement`, {
    method: 'POST',
    headers: { 'x-trino-user': 'sluice' },
    body: sql,
  });
  for (;;) {
    const page = answer.parse(await (await request).json());
    if (page.error !== undefined) throw new Error(`Trino: ${page.error.message}`);
    rows.push(...page.data);
    if (page.nextUri === undefined) return rows;
    request = fetch(page.nextUri);
  }
}
