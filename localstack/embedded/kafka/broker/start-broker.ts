import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Admin } from '@platformatic/kafka';
import { SluiceError } from '#core/errors.ts';
import { replaceFile } from '#embedded/replace-file.ts';
import { type BrokerFolder, type RunningBroker, readBroker } from './broker-file.ts';
import { isOurBroker } from './broker-process.ts';
import { brokerSettings, LOG_SETTINGS } from './broker-settings.ts';
import { findJava } from './find-java.ts';
import { installKafka, KAFKA_VERSION, kafkaCacheFolder } from './install-kafka.ts';
import { runTool } from './run-tool.ts';

/** Small machines have little to give; a laptop's topics are small. */
const JAVA_OPTIONS = ['-Xms64m', '-Xmx384m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];
const READY_WITHIN_MS = 60_000;
const LOOK_EVERY_MS = 200;

/**
 * Starts the broker of a folder, or finds it running, and resolves once it answers. It outlives this process.
 * Throws FEATURE_UNSUPPORTED when Kafka or Java cannot be had, SOURCE_UNAVAILABLE when the broker does not come up.
 */
export async function startBroker(
  folder: BrokerFolder,
  options: { readonly port: number | null; readonly say: (line: string) => void },
): Promise<RunningBroker> {
  const { say } = options;
  const before = readBroker(folder.broker);
  if (before !== null && isOurBroker(before.pid, folder)) {
    say(`Kafka ${before.version} is running on ${before.bootstrap} (pid ${before.pid})`);
    return before;
  }
  const cache = kafkaCacheFolder();
  mkdirSync(folder.root, { recursive: true });
  const java = findJava(cache, say);
  const libraries = installKafka(cache, say);
  const port = options.port ?? (await portOf(before));
  const controllerPort = await freePort();
  writeFileSync(folder.settings, brokerSettings({ port, controllerPort, dataFolder: folder.data }));
  const logSettings = path.join(folder.root, 'log4j2.properties');
  writeFileSync(logSettings, LOG_SETTINGS);
  const command = [
    ...JAVA_OPTIONS,
    ...[`-Dlog4j2.configurationFile=${logSettings}`, '-cp', path.join(libraries, '*')],
  ];
  format(java, command, folder);
  say(`starting Kafka ${KAFKA_VERSION} on 127.0.0.1:${port}`);
  const log = openSync(folder.log, 'a');
  const child = spawn(java, [...command, 'kafka.Kafka', folder.settings], {
    cwd: folder.root,
    detached: true,
    stdio: ['ignore', log, log],
  });
  const bootstrap = `127.0.0.1:${port}`;
  const pid = await untilReady(child, { bootstrap, folder });
  child.unref();
  const broker: RunningBroker = { pid, bootstrap, version: KAFKA_VERSION };
  replaceFile(folder.broker, `${JSON.stringify(broker)}\n`);
  say(`Kafka ${KAFKA_VERSION} is ready on ${bootstrap} (pid ${pid}, log ${folder.log})`);
  return broker;
}

/** The data folder gets the cluster's id once; a folder that has one is left alone. */
function format(java: string, command: readonly string[], folder: BrokerFolder): void {
  if (!existsSync(folder.clusterId)) {
    writeFileSync(folder.clusterId, randomBytes(16).toString('base64url'));
  }
  const clusterId = readFileSync(folder.clusterId, 'utf8');
  const problem = runTool(java, [
    ...command,
    ...['kafka.tools.StorageTool', 'format', '--ignore-formatted'],
    ...['--cluster-id', clusterId, '--config', folder.settings],
  ]);
  if (problem === null) return;
  throw new SluiceError(
    'SOURCE_UNAVAILABLE',
    `the data folder of Kafka ${folder.data} cannot be prepared (${problem}); without its topics: remove ${folder.root}`,
  );
}

async function untilReady(
  child: ChildProcess,
  place: { readonly bootstrap: string; readonly folder: BrokerFolder },
): Promise<number> {
  const { bootstrap, folder } = place;
  const state = { ended: null as string | null };
  child.once('error', (error) => {
    state.ended = error.message;
  });
  child.once('exit', (status, signal) => {
    state.ended = `it ended with ${signal ?? `status ${status}`}`;
  });
  for (const untilMs = Date.now() + READY_WITHIN_MS; ; await delay(LOOK_EVERY_MS)) {
    if (state.ended !== null) throw notReady(state.ended, folder);
    if (child.pid !== undefined && (await answers(bootstrap))) return child.pid;
    if (Date.now() <= untilMs) continue;
    child.kill('SIGKILL');
    throw notReady(`it did not answer within ${READY_WITHIN_MS / 1000} s`, folder);
  }
}

function notReady(reason: string, folder: BrokerFolder): SluiceError {
  const log = existsSync(folder.log) ? readFileSync(folder.log, 'utf8').trim().split('\n') : [];
  const last = log.findLast((line) => /ERROR|Exception/.test(line)) ?? log.at(-1) ?? '';
  return new SluiceError(
    'SOURCE_UNAVAILABLE',
    `Kafka did not come up: ${reason}; its last words: ${last}; look into ${folder.log}`,
  );
}

/** True when the broker takes part in a cluster and says so. */
async function answers(bootstrap: string): Promise<boolean> {
  const admin = new Admin({
    clientId: 'sluice-kafka-up',
    bootstrapBrokers: [bootstrap],
    connectTimeout: 1000,
    timeout: 2000,
    retries: 0,
  });
  try {
    await admin.listTopics();
    return true;
  } catch {
    return false;
  } finally {
    await admin.close().catch(() => undefined);
  }
}

/** The port from before, as long as it is free: clients that know it find the broker again. */
async function portOf(before: RunningBroker | null): Promise<number> {
  const known = Number(before?.bootstrap.split(':')[1] ?? 9092);
  return (await isFree(known)) ? known : await freePort();
}

async function isFree(port: number): Promise<boolean> {
  return (await listenOnce(port)) === port;
}

async function freePort(): Promise<number> {
  const port = await listenOnce(0);
  if (port === null) throw new SluiceError('SOURCE_UNAVAILABLE', 'no free port on 127.0.0.1');
  return port;
}

/** The port that could be listened on; null when it is taken. */
function listenOnce(port: number): Promise<number | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(null));
    server.listen({ host: '127.0.0.1', port }, () => {
      const address = server.address();
      const taken = typeof address === 'object' && address !== null ? address.port : null;
      server.close(() => resolve(taken));
    });
  });
}
