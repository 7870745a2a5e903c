import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { brokerFolder } from '#embedded/kafka/broker/broker-file.ts';
import { resetBroker, runningBroker, stopBroker } from '#embedded/kafka/broker/broker-process.ts';
import { startBroker } from '#embedded/kafka/broker/start-broker.ts';

/** `npm run kafka:up`, `kafka:down`: an Apache Kafka of one node on 127.0.0.1, for domains with `buffer: kafka`. */
const USAGE = `usage: node scripts/run.cjs scripts/kafka.ts <command>

  up [--port <n>]    starts Kafka, or finds it running, and waits until it answers
  down [--reset]     stops what "up" started; --reset removes its topics too
  status             says whether it runs`;

const folder = brokerFolder(path.join(fileURLToPath(new URL('.', import.meta.url)), '..'));
const say = (line: string): void => console.log(`kafka: ${line}`);

async function run(): Promise<number> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { port: { type: 'string' }, reset: { type: 'boolean', default: false } },
  });
  const [command] = positionals;
  if (command === 'up') {
    await startBroker(folder, {
      port: values.port === undefined ? null : Number(values.port),
      say,
    });
    return 0;
  }
  if (command === 'down') {
    const stopped = await stopBroker(folder);
    say(stopped === null ? 'is not running' : `stopped (pid ${stopped.pid})`);
    if (values.reset) resetBroker(folder);
    return 0;
  }
  if (command === 'status') {
    const broker = runningBroker(folder);
    say(broker === null ? 'is not running' : `runs on ${broker.bootstrap} (pid ${broker.pid})`);
    return broker === null ? 1 : 0;
  }
  console.error(USAGE);
  return 2;
}

try {
  process.exitCode = await run();
} catch (error) {
  console.error(`kafka: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
