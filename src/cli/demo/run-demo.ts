import { describeTables } from '#app/describe-tables.ts';
import { kafkaTopics } from '#core/config/kafka-topics.ts';
import { databaseName } from '#core/config/project.ts';
import { SluiceError } from '#core/errors.ts';
import { localTarget } from '#runtime/aws-clients.ts';
import { openFiles } from '#runtime/file-access.ts';
import { openFunctions } from '#runtime/function-access.ts';
import { openLake } from '#runtime/lake-access.ts';
import { type LoadedProject, loadProject } from '#runtime/load-project.ts';
import { openProducer } from '#runtime/producer-access.ts';
import { publishedProject } from '#runtime/published-project.ts';
import type { CommandContext } from '../command.ts';
import { aborted } from '../commands/dev.ts';
import { type LocalCloud, openLocalCloud } from '../local-cloud.ts';
import { lockHolder, takeLock } from '../process-lock.ts';
import {
  connectorsTableOf,
  landingBucketOf,
  receiptsTableOf,
  workGroupOf,
} from '../stack-outputs.ts';
import { stateFolder } from '../state-folder.ts';
import { INTERRUPTED_STATUS } from '../until-aborted.ts';
import { waitForCommits } from '../wait-until-committed.ts';
import { closeBooks } from './close-books.ts';
import { createDemoInput, DEMO_SEED, type DemoInput, plantedInAll } from './demo-input.ts';
import { showAccount, showFiles, showQueries } from './demo-report.ts';
import type { DemoSession } from './demo-session.ts';
import { type DemoRun, nextRun, readDemoState, writeDemoState } from './demo-state.ts';
import { produceRun } from './produce-run.ts';
import { countedPositions, countTakenIn } from './stream-progress.ts';
import { accountForFiles, uploadFiles } from './upload-files.ts';

export interface DemoOptions {
  readonly events: number;
  readonly port: number;
  readonly keep: boolean;
}

/**
 * Returns 0 only when every received event is accounted for and the books agree.
 * Throws USAGE while another demo runs on the same state: both would send the same run.
 */
export async function runDemo(context: CommandContext, options: DemoOptions): Promise<number> {
  const { demoLockFile } = stateFolder(context.root, 'local');
  const release = takeLock(demoLockFile);
  if (release === null) {
    const holder = lockHolder(demoLockFile)?.pid ?? 'unknown';
    throw new SluiceError('USAGE', `a demo is under way as process ${holder}; wait until it ends`);
  }
  try {
    return await runAlone(context, options);
  } finally {
    release();
  }
}

async function runAlone(context: CommandContext, options: DemoOptions): Promise<number> {
  const { output, root } = context;
  const loaded = loadProject({ root, environment: 'local' });
  output.line('Synthesizing the templates and starting the local cloud from them …');
  const cloud = await openLocalCloud(context, { port: options.port });
  const startedMs = performance.now() - cloud.seconds.template * 1000;
  showCloud(context, cloud);
  const target = localTarget(cloud.endpoint);
  const session: DemoSession = {
    context,
    loaded: await publishedProject(loaded, { target, root }),
    cloud,
    lake: openLake(target, { workGroup: workGroupOf(cloud.outputs) }),
    producer: openProducer(target, {
      receiptsTable: receiptsTableOf(cloud.outputs),
      topics: kafkaTopics(loaded.project),
    }),
    files: openFiles(target, {
      landingBucket: landingBucketOf(cloud.outputs),
      connectorsTable: connectorsTableOf(cloud.outputs),
    }),
    functions: openFunctions(target),
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
    session.functions.close();
    session.files.close();
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
  const { signal } = session.context;
  const { run, resumed } = await beginRun(session, options);
  const input = createDemoInput(session.loaded, run);
  announce(session.context, input, { run, resumed, asked: options.events });
  const startMs = Date.now();
  const [uploaded, produced] = await Promise.all([
    uploadFiles(session),
    produceRun(session, input, { run, resumed }),
  ]);
  const committed = await timed(() => waitForCommit(session, input, run));
  // Books that are closed too early do not balance, and a run that is called finished never goes on.
  if (signal.aborted) return reportInterruption(session, run);
  const queried = await timed(() => showQueries(output, session.lake, domainNames(session.loaded)));
  const account = await closeBooks(session, run);
  if (account === null) return reportInterruption(session, run);
  const { files, problems: fileProblems } = await accountForFiles(session, uploaded, startMs);
  const problems = [...account.problems, ...fileProblems];
  showFiles(output, files);
  showAccount(output, { ...account, problems });
  const total = (performance.now() - startedMs) / 1000;
  const ok = problems.length === 0;
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
      seed: DEMO_SEED,
      events: run.events,
      resumed,
      held: produced.held,
      planted: plantedInAll(input),
    },
    streams: account.streams,
    files,
    tables: await describeTables(session.lake, bronzeDatabases(session.loaded)),
    ...(ok ? {} : { problems }),
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

function reportInterruption({ context: { output } }: DemoSession, run: DemoRun): number {
  output.line(`Interrupted: the next demo goes on with run ${run.number} where this one stopped.`);
  output.result({ ok: false, interrupted: true, run: { number: run.number } });
  return INTERRUPTED_STATUS;
}

async function beginRun(
  session: DemoSession,
  options: DemoOptions,
): Promise<{ readonly run: DemoRun; readonly resumed: boolean }> {
  const state = readDemoState(session.demoFile);
  const next = nextRun(state, {
    events: options.events,
    nowMs: Date.now(),
    lastNumberInTable: state === null ? await lastRunInTables(session) : 0,
    from: await countedPositions(session.lake, session.loaded.project),
    takenInBefore: await countTakenIn(session.lake, session.loaded.project),
  });
  writeDemoState(session.demoFile, { run: next.run });
  return next;
}

/** The highest number of a run that left rows in any table. What waits on the shards is taken in first. */
async function lastRunInTables({ cloud, context, lake, loaded }: DemoSession): Promise<number> {
  await waitForCommits(cloud, loaded.project, { signal: context.signal, onPoll: async () => {} });
  const { domains, environment } = loaded.project;
  const tables = domains.flatMap(({ name, streams }) =>
    streams.map((stream) => `${databaseName(environment.name, name, 'bronze')}.${stream.name}`),
  );
  const runs = await Promise.all(
    tables.map(async (table) => {
      const { rows } = await lake.queries.query(
        `SELECT max(CAST(regexp_extract(_event_id, '(?:^|:)${DEMO_SEED}-(\\d+)-\\d+', 1) AS integer)) FROM ${table}`,
      );
      return Number(rows[0]?.[0] ?? 0);
    }),
  );
  return Math.max(...runs);
}

function announce(
  { output }: CommandContext,
  input: DemoInput,
  options: { readonly run: DemoRun; readonly resumed: boolean; readonly asked: number },
): void {
  const { run, resumed } = options;
  const streams = [...input.streams.keys()];
  output.line(
    `Run ${run.number}${resumed ? ' (it was interrupted: going on where the streams end)' : ''}: ` +
      `${run.events.toLocaleString('en-US')} generated events for ${streams.length} streams (${streams.join(', ')}), some broken, doubled or late on purpose.`,
  );
  if (resumed && run.events !== options.asked) {
    output.line(
      `(--events ${options.asked} counts from the next run on; this one was begun with ${run.events}.)`,
    );
  }
}

/** Waits until everything is taken in and committed; the bar follows the counts in the tables' commits. */
async function waitForCommit(
  session: DemoSession,
  { events }: DemoInput,
  { takenInBefore }: DemoRun,
): Promise<void> {
  const { project } = session.loaded;
  // Estimated: other producers may be at work, and what they sent before the run may still be on its way.
  const bar = session.context.output.progress('into the tables', events, {
    estimated: true,
  });
  const update = async (): Promise<void> =>
    bar.update((await countTakenIn(session.lake, project)) - takenInBefore);
  try {
    const { output, signal } = session.context;
    const onWait = (text: string): void => output.line(text);
    await waitForCommits(session.cloud, project, { signal, onPoll: update, onWait });
    await update();
  } finally {
    bar.stop();
  }
}

function domainNames({ project }: LoadedProject): readonly string[] {
  return project.domains.map(({ name }) => name);
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
