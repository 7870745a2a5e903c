import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { nearestName } from '#core/config/source/nearest-name.ts';
import { SluiceError } from '#core/errors.ts';
import { COMMON_OPTIONS, type Command, type CommandOption, parseCommandLine } from './command.ts';
import { describeFailure } from './failure.ts';
import { createInterruptHandler } from './interrupt.ts';
import { createOutput, type Output, type OutputStreams, type TextSink } from './output.ts';

/** Verb → loader: a command's code is read only when it runs. */
const COMMANDS: Readonly<Record<string, { readonly summary: string; load(): Promise<Command> }>> = {
  demo: {
    summary: 'the whole path once: generate, stream, commit, query, account',
    load: async () => (await import('./commands/demo.ts')).demo,
  },
  dev: {
    summary: 'run the local cloud and keep it up',
    load: async () => (await import('./commands/dev.ts')).dev,
  },
  status: {
    summary: 'one screen: alarms, functions, shards, tables, ledger',
    load: async () => (await import('./commands/status.ts')).status,
  },
  logs: {
    summary: 'show what a function printed',
    load: async () => (await import('./commands/logs.ts')).logs,
  },
  invoke: {
    summary: 'run a function once with an event of your own',
    load: async () => (await import('./commands/invoke.ts')).invoke,
  },
  produce: {
    summary: 'send a CSV file or generated events to a stream',
    load: async () => (await import('./commands/produce.ts')).produce,
  },
  upload: {
    summary: 'upload a file as a user would',
    load: async () => (await import('./commands/upload.ts')).upload,
  },
  files: {
    summary: 'what became of uploaded files',
    load: async () => (await import('./commands/files.ts')).files,
  },
  sql: {
    summary: 'run one statement through the Athena API',
    load: async () => (await import('./commands/sql.ts')).sql,
  },
  tables: {
    summary: 'list tables with rows, snapshots, files and bytes',
    load: async () => (await import('./commands/tables.ts')).tables,
  },
  'tables check': {
    summary: 'check every file of every table against the Iceberg specification',
    load: async () => (await import('./commands/tables-check.ts')).tablesCheck,
  },
  'tables history': {
    summary: 'commits of a table, what each added, how far it read',
    load: async () => (await import('./commands/tables-history.ts')).tablesHistory,
  },
  'tables refs': {
    summary: 'branches and tags of a table',
    load: async () => (await import('./commands/tables-refs.ts')).tablesRefs,
  },
  'tables tag': {
    summary: 'give a state of a table a name',
    load: async () => (await import('./commands/tables-tag.ts')).tablesTag,
  },
  'tables untag': {
    summary: 'take a tag of a table away',
    load: async () => (await import('./commands/tables-untag.ts')).tablesUntag,
  },
  'tables rollback': {
    summary: 'take a table back to an earlier state, with a plan first',
    load: async () => (await import('./commands/tables-rollback.ts')).tablesRollback,
  },
  'tables compact': {
    summary: 'rewrite small files of closed partitions into fewer',
    load: async () => (await import('./commands/tables-compact.ts')).tablesCompact,
  },
  'tables expire': {
    summary: 'drop snapshots and tags that have had their time',
    load: async () => (await import('./commands/tables-expire.ts')).tablesExpire,
  },
  'tables orphans': {
    summary: 'files that nothing names, and with --yes delete them',
    load: async () => (await import('./commands/tables-orphans.ts')).tablesOrphans,
  },
  'tables retain': {
    summary: 'files older than the retention, and with --yes remove them',
    load: async () => (await import('./commands/tables-retain.ts')).tablesRetain,
  },
  ledger: {
    summary: 'where every event went, and whether the books balance',
    load: async () => (await import('./commands/ledger.ts')).ledger,
  },
  init: {
    summary: 'write the file of a new domain, ready to be edited',
    load: async () => (await import('./commands/init.ts')).init,
  },
  plan: {
    summary: 'resolved values with their origin, resources, limits',
    load: async () => (await import('./commands/plan.ts')).plan,
  },
  secrets: {
    summary: 'which secrets the configuration uses, and whether each can be read',
    load: async () => (await import('./commands/secrets.ts')).secrets,
  },
  validate: {
    summary: 'check config/ and domains/ and print every error',
    load: async () => (await import('./commands/validate.ts')).validate,
  },
  generate: {
    summary: 'write schemas/ from the domain files',
    load: async () => (await import('./commands/generate.ts')).generate,
  },
  schemas: {
    summary: 'list the schemas of all streams, their versions and ids',
    load: async () => (await import('./commands/schemas.ts')).schemas,
  },
  'schemas diff': {
    summary: 'how two versions of a schema differ',
    load: async () => (await import('./commands/schemas-diff.ts')).schemasDiff,
  },
  'schemas check': {
    summary: 'what generate would do, and what it would refuse',
    load: async () => (await import('./commands/schemas-check.ts')).schemasCheck,
  },
  'schemas publish': {
    summary: "put every version into the environment's schema registry",
    load: async () => (await import('./commands/schemas-publish.ts')).schemasPublish,
  },
  reset: {
    summary: "delete the local cloud's state",
    load: async () => (await import('./commands/reset.ts')).reset,
  },
};

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Runs one command line; returns the exit status and never throws. */
export async function main(args: readonly string[], streams: OutputStreams): Promise<number> {
  const output = createOutput(streams, args.includes('--json'));
  const abort = new AbortController();
  for (const sink of [streams.stdout, streams.stderr]) endWithReader(sink, abort);
  const isHelp = args[0] === 'help';
  const asked = commandName(isHelp ? args.slice(1) : args);
  const name = isHelp && asked === undefined ? 'help' : asked;
  if (name === undefined || ['help', '--help', '-h'].includes(name)) {
    output.line(overview());
    output.result({ ok: name !== undefined, commands: Object.keys(COMMANDS) });
    return name === undefined ? 2 : 0;
  }
  if (name === '--version' || name === '-v') {
    const version = readVersion();
    output.line(version);
    output.result({ ok: true, version });
    return 0;
  }
  try {
    const command = await loadCommand(name);
    const rest = isHelp ? ['--help'] : args.slice(name.split(' ').length);
    return await runCommand(command, rest, { output, abort });
  } catch (error) {
    return reportFailure(output, error);
  }
}

/** The first word, or the first two where they are a command: `tables check`. */
function commandName([first, second]: readonly string[]): string | undefined {
  const both = `${first} ${second}`;
  return isCommand(both) ? both : first;
}

function isCommand(name: string): boolean {
  return Object.hasOwn(COMMANDS, name);
}

async function loadCommand(name: string): Promise<Command> {
  const entry = isCommand(name) ? COMMANDS[name] : undefined;
  if (entry !== undefined) return await entry.load();
  const nearest = nearestName(name, Object.keys(COMMANDS));
  const hint = nearest === null ? '' : `; did you mean "${nearest}"?`;
  throw new SluiceError(
    'USAGE',
    `unknown command "${name}"; expected one of ${Object.keys(COMMANDS).join(', ')}${hint}`,
  );
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

async function runCommand(
  command: Command,
  args: readonly string[],
  { output, abort }: { readonly output: Output; readonly abort: AbortController },
): Promise<number> {
  const onSignal = createInterruptHandler({
    nowMs: () => performance.now(),
    abort: () => abort.abort(),
    exit: (status) => process.exit(status),
  });
  for (const signal of SIGNALS) process.on(signal, onSignal);
  try {
    const parsed = parseCommandLine(command, args);
    if (parsed.options['help'] === true) {
      output.line(commandHelp(command));
      output.result({ ok: true, usage: `sluice ${command.name} ${command.usage}` });
      return 0;
    }
    return await command.run({ root: ROOT, output, signal: abort.signal, ...parsed });
  } finally {
    for (const signal of SIGNALS) process.off(signal, onSignal);
  }
}

/** `sluice … | head`: the reader has seen enough, which is no failure. */
function endWithReader(sink: TextSink, abort: AbortController): void {
  sink.on?.('error', (error) => {
    if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error;
    abort.abort();
  });
}

function reportFailure(output: Output, error: unknown): number {
  const { status, code, message, text } = describeFailure(error);
  output.problem(text);
  output.result({ ok: false, error: { code, message } });
  return status;
}

function readVersion(): string {
  const text = readFileSync(path.join(ROOT, 'package.json'), 'utf8');
  return (JSON.parse(text) as { readonly version: string }).version;
}

function overview(): string {
  const width = Math.max(...Object.keys(COMMANDS).map((name) => name.length));
  const verbs = Object.entries(COMMANDS).map(
    ([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`,
  );
  return [
    'usage: sluice <command> [options]',
    '',
    ...verbs,
    '',
    'sluice <command> --help shows the options.',
  ].join('\n');
}

function commandHelp(command: Command): string {
  const options: [string, CommandOption][] = [
    ...Object.entries(command.options),
    ...Object.entries(COMMON_OPTIONS),
  ];
  const lines = options.map(
    ([name, option]) =>
      `  ${`--${name}${option.value === undefined ? '' : ` ${option.value}`}`.padEnd(24)} ${option.description}`,
  );
  return [
    `sluice ${command.name}: ${command.summary}`,
    '',
    `usage: sluice ${command.name} ${command.usage}`,
    '',
    ...lines,
  ].join('\n');
}
