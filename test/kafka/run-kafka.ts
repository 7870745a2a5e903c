/**
 * `npm run test:kafka -- [--events 100000] [--kills 12] [--seed text]`: the demo's whole path on a domain with
 * `buffer: kafka`, against an Apache Kafka that this run starts on 127.0.0.1 and stops again. The contract suite of the
 * event stream against the broker; a demo of so many events whose books must balance; SQL that counts the tables on its
 * own; SIGKILLs of functions, local cloud, producer and everything at once; a topic that is deleted and created again.
 * Ends with 1 when anything is lost, doubled or out of balance, or when Kafka cannot be had.
 */
import path from 'node:path';
import { parseArgs } from 'node:util';
import { startVitest } from 'vitest/node';
import { runningBroker, stopBroker } from '#embedded/kafka/broker/broker-process.ts';
import { startBroker } from '#embedded/kafka/broker/start-broker.ts';
import { describeMoment, runKillRounds } from '#test/chaos/kill-rounds.ts';
import { copyProject } from '#test/e2e/project-copy.ts';
import { SluiceProcesses } from '#test/e2e/run-sluice.ts';
import { countTables, switchToKafka } from './kafka-project.ts';
import { replaceTopic } from './replace-topic.ts';

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '100000' },
    kills: { type: 'string', default: '12' },
    seed: { type: 'string', default: 'kafka' },
  },
});

const { folder: project, remove } = copyProject();
const sluice = new SluiceProcesses(project);
const killed = new SluiceProcesses(project);
const problems: string[] = [];
const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** Each state folder has a broker of its own, as a developer's `.sluice` has. */
function brokerOf(processes: SluiceProcesses) {
  const root = path.join(processes.stateDir, 'kafka');
  return {
    root,
    data: path.join(root, 'data'),
    settings: path.join(root, 'server.properties'),
    clusterId: path.join(root, 'cluster-id'),
    log: path.join(root, 'broker.log'),
    broker: path.join(root, 'broker.json'),
  };
}

async function runContracts(bootstrap: string): Promise<void> {
  process.env['SLUICE_TEST_KAFKA'] = bootstrap;
  const vitest = await startVitest('test', [], {
    config: false,
    watch: false,
    include: ['test/kafka/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    coverage: { enabled: false },
  });
  const failed = vitest.state.getCountOfFailedTests();
  const errors = vitest.state.getUnhandledErrors().length;
  await vitest.close();
  if (failed + errors > 0) problems.push(`${failed} contract cases fail`);
}

async function runDemo(events: number): Promise<void> {
  const startedMs = performance.now();
  const result = await sluice.json('demo', '--events', String(events), '--port', '0');
  const seconds = (performance.now() - startedMs) / 1000;
  if (result['ok'] !== true) problems.push('the books of the demo do not balance');
  const counted = await countTables(sluice, result);
  problems.push(...counted.problems, ...(await sluice.tableProblems()).map(String));
  say(
    `demo: ${events} events, ${counted.rows} rows counted by SQL, ${seconds.toFixed(1)} s in all; ${JSON.stringify(result['seconds'])}`,
  );
}

async function runKills(kills: number, seed: string): Promise<void> {
  const startedMs = performance.now();
  const report = await runKillRounds(killed, { seed, kills }, ({ kill, ...told }) => {
    say(
      `kill ${kill.round + 1}: ${kill.target} ${describeMoment(kill.moment)}, ${told.killed} hit`,
    );
    for (const problem of told.problems) say(`PROBLEM ${problem}`);
  });
  problems.push(...report.problems);
  const seconds = Math.round((performance.now() - startedMs) / 1000);
  say(`kills: ${kills}, ${report.runs} runs, ${report.rows} rows in the tables, ${seconds} s`);
}

try {
  switchToKafka(project);
  const broker = await startBroker(brokerOf(sluice), { port: null, say });
  await runContracts(broker.bootstrap);
  await runDemo(Number(values.events));
  problems.push(...(await replaceTopic(sluice, { project, bootstrap: broker.bootstrap, say })));
  if (Number(values.kills) > 0) {
    await startBroker(brokerOf(killed), { port: null, say });
    await runKills(Number(values.kills), values.seed);
  }
  for (const problem of problems) say(`PROBLEM ${problem}`);
  say(problems.length === 0 ? 'Kafka: no problem.' : `Kafka: ${problems.length} problems.`);
  process.exitCode = problems.length === 0 ? 0 : 1;
} catch (error) {
  say(`PROBLEM ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
} finally {
  for (const processes of [sluice, killed]) {
    if (runningBroker(brokerOf(processes)) !== null) await stopBroker(brokerOf(processes));
    processes.cleanUp();
  }
  remove();
}
