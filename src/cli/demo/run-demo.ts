import { countReceived } from '#app/count-received.ts';
import { describeTables } from '#app/describe-tables.ts';
import { type HeldPayloads, readHeldPayloads, withoutHeld } from '#app/held-payloads.ts';
import { produceEvents } from '#app/produce-events.ts';
import { databaseName } from '#core/config/project.ts';
import { schemasById } from '#core/schema/registry.ts';
import { localTarget } from '#runtime/aws-clients.ts';
import { type LakeAccess, openLake } from '#runtime/lake-access.ts';
import { type LoadedProject, loadProject } from '#runtime/load-project.ts';
import { openProducer, type ProducerAccess } from '#runtime/producer-access.ts';
import type { CommandContext } from '../command.ts';
import { aborted } from '../commands/dev.ts';
import { type LocalCloud, openLocalCloud, waitUntilDrained } from '../local-cloud.ts';
import { deadLetterUriOf, receiptsTableOf, workGroupOf } from '../stack-outputs.ts';
import { stateFolder } from '../state-folder.ts';
import { type Account, balance, tableState } from './account.ts';
import { createDemoInput, DEMO_DOMAIN, DEMO_STREAM, type DemoInput } from './demo-input.ts';
import { showAccount, showQueries } from './demo-report.ts';
import { type DemoRun, nextRun, readDemoState, writeDemoState } from './demo-state.ts';

export interface DemoOptions {
  readonly events: number;
  readonly port: number;
  readonly keep: boolean;
}

/** What the steps of the demo share. */
interface DemoSession {
  readonly context: CommandContext;
  readonly loaded: LoadedProject;
  readonly cloud: LocalCloud;
  readonly lake: LakeAccess;
  readonly producer: ProducerAccess;
  readonly streamName: string;
  readonly demoFile: string;
}

/** Returns 0 only when every received event is accounted for and the books agree. */
export async function runDemo(context: CommandContext, options: DemoOptions): Promise<number> {
  const { output, root } = context;
  const loaded = loadProject({ root, environment: 'local' });
  output.line('Synthesizing the templates and starting the local cloud from them …');
  const cloud = await openLocalCloud(context, { port: options.port });
  const startedMs = performance.now() - cloud.seconds.template * 1000;
  showCloud(context, cloud);
  const target = localTarget(cloud.endpoint);
  const session: DemoSession = {
    context,
    loaded,
    cloud,
    lake: openLake(target, { workGroup: workGroupOf(cloud.outputs) }),
    producer: openProducer(target, { receiptsTable: receiptsTableOf(cloud.outputs) }),
    streamName: `${loaded.project.environment.name}-${DEMO_DOMAIN}`,
    demoFile: stateFolder(root, 'local').demoFile,
  };
  try {
    const status = await runSteps(session, options, startedMs);
    if (options.keep && !cloud.attached) {
      output.line(`The local cloud stays up at ${cloud.endpoint}; Ctrl-C stops it.`);
      await aborted(context.signal);
    }
    return status;
  } finally {
    session.producer.close();
    session.lake.close();
    await cloud.close();
  }
}

async function runSteps(
  session: DemoSession,
  options: DemoOptions,
  startedMs: number,
): Promise<number> {
  const { output } = session.context;
  const { run, resumed } = beginRun(session, options);
  const input = await createDemoInput(session.loaded, run);
  const produced = await produce(session, input, { run, resumed });
  const committed = await timed(() => waitForCommit(session));
  const queried = await timed(() => showQueries(output, session.lake, run.number));
  const account = await closeBooks(session, run);
  showAccount(output, account);
  const total = (performance.now() - startedMs) / 1000;
  const ok = account.problems.length === 0;
  output.line(
    `${ok ? 'Every event is accounted for.' : 'THE BOOKS DO NOT BALANCE.'} ${total.toFixed(1)} s from template to answer.`,
  );
  output.result({
    ok,
    seconds: roundAll({
      template: session.cloud.seconds.template,
      produce: produced.seconds,
      commit: committed.seconds,
      query: queried.seconds,
      total,
      synth: session.cloud.seconds.synth,
    }),
    endpoint: session.cloud.endpoint,
    run: {
      number: run.number,
      seed: input.seed,
      events: run.events,
      resumed,
      held: produced.held,
      planted: input.planted,
    },
    streams: account.streams,
    files: [input.file],
    tables: await describeTables(session.lake, bronzeDatabases(session.loaded)),
    ...(ok ? {} : { problems: account.problems }),
  });
  return ok ? 0 : 1;
}

function showCloud({ output }: CommandContext, cloud: LocalCloud): void {
  if (cloud.attached) output.line(`Using the local cloud that is up at ${cloud.endpoint}.`);
  else {
    output.line(
      `Up at ${cloud.endpoint} in ${cloud.seconds.template.toFixed(2)} s (synthesis ${cloud.seconds.synth.toFixed(2)} s):`,
    );
    output.table(
      ['stack', 'resources'],
      cloud.stacks.map(({ name, resources }) => [name, String(resources)]),
      { rightAligned: [1] },
    );
  }
  output.line();
}

function beginRun(
  session: DemoSession,
  options: DemoOptions,
): { readonly run: DemoRun; readonly resumed: boolean } {
  const state = readDemoState(session.demoFile);
  const next = nextRun(state, { events: options.events, nowMs: Date.now() });
  writeDemoState(session.demoFile, { ...state, run: next.run });
  return next;
}

async function produce(
  session: DemoSession,
  input: DemoInput,
  options: { readonly run: DemoRun; readonly resumed: boolean },
): Promise<{ readonly seconds: number; readonly held: number }> {
  const { output } = session.context;
  const { producer, streamName } = session;
  const { run, resumed } = options;
  output.line(
    `Run ${run.number}${resumed ? ' (it was interrupted: going on where the stream ends)' : ''}: ` +
      `${input.file.object} as trades, then ${run.events.toLocaleString('en-US')} generated ones, some broken, doubled or late on purpose.`,
  );
  const startedMs = performance.now();
  const held: HeldPayloads = resumed
    ? await readHeldPayloads(producer.stream, { streamName, from: run.from })
    : new Map();
  let heldEvents = 0;
  const events = withoutHeld(input.chunks(), held, () => {
    heldEvents++;
  });
  const total = input.expectedEvents;
  const bar = output.progress('to the stream', total);
  try {
    await produceEvents(producer, {
      streamName,
      domain: DEMO_DOMAIN,
      producer: `demo-${run.number}`,
      events,
      alreadyAcknowledged: { get: () => heldEvents },
      onProgress: (acknowledged) => bar.update(heldEvents + acknowledged),
    });
  } finally {
    bar.stop();
  }
  return { seconds: (performance.now() - startedMs) / 1000, held: heldEvents };
}

/** Waits until the writer has taken everything; the bar follows the positions in the table's commits. */
async function waitForCommit(session: DemoSession): Promise<void> {
  const table = {
    database: databaseName(session.loaded.project.environment.name, DEMO_DOMAIN, 'bronze'),
    table: DEMO_STREAM,
  };
  const received = await countReceivedNow(session);
  const total = Object.values(received.received).reduce((sum, count) => sum + count, 0);
  const bar = session.context.output.progress('into the table', total);
  const update = async (): Promise<void> =>
    bar.update((await tableState(session.lake, table)).received);
  try {
    await waitUntilDrained(session.cloud, { signal: session.context.signal, onPoll: update });
    await update();
  } finally {
    bar.stop();
  }
}

async function closeBooks(session: DemoSession, run: DemoRun): Promise<Account> {
  const received = await countReceivedNow(session);
  const account = await balance(
    { lake: session.lake, receipts: session.producer.receipts },
    session.loaded.project,
    {
      received,
      deadLetterUri: deadLetterUriOf(session.cloud.outputs),
    },
  );
  writeDemoState(session.demoFile, { run: { ...run, finished: true }, received });
  return account;
}

function countReceivedNow(session: DemoSession) {
  const { received } = readDemoState(session.demoFile);
  const schemas = schemasById(session.loaded.registry);
  return countReceived(session.producer.stream, received, {
    streamName: session.streamName,
    streamOfSchema: (id) => schemas.get(id)?.stream ?? null,
  });
}

function bronzeDatabases(loaded: LoadedProject): readonly string[] {
  return loaded.project.domains.map(({ name }) =>
    databaseName(loaded.project.environment.name, name, 'bronze'),
  );
}

async function timed<T>(
  work: () => Promise<T>,
): Promise<{ readonly value: T; readonly seconds: number }> {
  const startedMs = performance.now();
  const value = await work();
  return { value, seconds: (performance.now() - startedMs) / 1000 };
}

function roundAll(seconds: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Object.entries(seconds).map(([name, value]) => [name, Math.round(value * 1000) / 1000]),
  );
}
