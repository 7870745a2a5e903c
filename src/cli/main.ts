import { fileURLToPath } from 'node:url';
import { SluiceError } from '#core/errors.ts';
import { COMMON_OPTIONS, type Command, type CommandOption, parseCommandLine } from './command.ts';
import { createOutput, type Output, type OutputStreams } from './output.ts';

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
  produce: {
    summary: 'send a CSV file or generated events to a stream',
    load: async () => (await import('./commands/produce.ts')).produce,
  },
  sql: {
    summary: 'run one statement through the Athena API',
    load: async () => (await import('./commands/sql.ts')).sql,
  },
  tables: {
    summary: 'list tables with rows, snapshots, files and bytes',
    load: async () => (await import('./commands/tables.ts')).tables,
  },
  validate: {
    summary: 'check config/ and domains/ and print every error',
    load: async () => (await import('./commands/validate.ts')).validate,
  },
  generate: {
    summary: 'write schemas/ from the domain files',
    load: async () => (await import('./commands/generate.ts')).generate,
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
  const name = args[0];
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    output.line(overview());
    return name === undefined ? 2 : 0;
  }
  const entry = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (entry === undefined) {
    output.problem(
      `sluice: unknown command "${name}"; expected one of ${Object.keys(COMMANDS).join(', ')}`,
    );
    return 2;
  }
  return await runCommand(await entry.load(), args.slice(1), output);
}

async function runCommand(
  command: Command,
  args: readonly string[],
  output: Output,
): Promise<number> {
  const abort = new AbortController();
  const onSignal = (): void => abort.abort();
  process.once('SIGINT', onSignal);
  process.once('SIGTERM', onSignal);
  try {
    const parsed = parseCommandLine(command, args);
    if (parsed.options['help'] === true) {
      output.line(commandHelp(command));
      return 0;
    }
    return await command.run({ root: ROOT, output, signal: abort.signal, ...parsed });
  } catch (error) {
    return reportFailure(output, error);
  } finally {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
}

/** Expected failures are a sentence; a bug shows its stack, since someone has to find it. */
function reportFailure(output: Output, error: unknown): number {
  if (error instanceof SluiceError) {
    output.problem(`${error.code}: ${error.message}`);
    output.result({ ok: false, error: { code: error.code, message: error.message } });
    return error.code === 'USAGE' ? 2 : 1;
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  output.problem(`unexpected failure, please report it: ${text}`);
  output.result({
    ok: false,
    error: { code: 'UNEXPECTED', message: error instanceof Error ? error.message : String(error) },
  });
  return 1;
}

function overview(): string {
  const verbs = Object.entries(COMMANDS).map(
    ([name, { summary }]) => `  ${name.padEnd(10)} ${summary}`,
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
