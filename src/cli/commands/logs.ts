import { setTimeout as delay } from 'node:timers/promises';
import { parseDurationMs } from '#core/config/model/quantity.ts';
import { localTarget } from '#runtime/aws-clients.ts';
import { openFunctions } from '#runtime/function-access.ts';
import {
  booleanOption,
  type Command,
  type CommandContext,
  integerOption,
  stringOption,
  usageError,
} from '../command.ts';
import { findFunctionName } from '../function-name.ts';
import { findLocalCloud } from '../local-cloud.ts';
import { LogFile, logNames } from '../logs/log-file.ts';
import type { LogLine } from '../logs/log-line.ts';
import { formatLogLine } from '../logs/print-log-line.ts';
import { stateFolder } from '../state-folder.ts';

const DEFAULT_LINES = 100;
const MAX_LINES = 1_000_000;
/** How often a followed log is looked at. */
const FOLLOW_MS = 200;

export const logs: Command = {
  name: 'logs',
  summary: 'show what a function printed, also while the local cloud is down',
  usage: '<function> [--follow] [--since <time>] [--lines <n>] [--json]',
  positionals: { min: 1, max: 1 },
  options: {
    follow: { type: 'boolean', short: 'f', description: 'go on with new lines until Ctrl-C' },
    since: {
      type: 'string',
      value: '<time>',
      description: 'only lines of the last 30s, 10m, 2h …',
    },
    lines: {
      type: 'string',
      value: '<n>',
      description: `only the last n lines (default ${DEFAULT_LINES}; with --since all of them)`,
    },
  },
  async run(context) {
    const { output, signal } = context;
    const folder = stateFolder(context.root, 'local').logs;
    const name = await findLog(context, folder);
    const file = new LogFile(folder, name);
    const isFollowing = booleanOption(context, 'follow');
    try {
      const lines = select(file.readAll(), context);
      const print = createPrinter(context, { isFollowing });
      const isNoneWanted = stringOption(context, 'lines') === '0';
      if (lines.length === 0 && !isNoneWanted)
        output.problem(`${name} has printed nothing${timeWords(context)}.`);
      for (const line of lines) print(line);
      while (isFollowing && !signal.aborted) {
        await delay(FOLLOW_MS, undefined, { signal }).catch(() => undefined);
        for (const line of file.readNew()) print(line);
      }
      if (!isFollowing) output.result({ function: name, lines: lines.map(toJson) });
      return 0;
    } finally {
      file.close();
    }
  },
};

/** The log that is meant; a function that has printed nothing yet is only known to the running local cloud. */
async function findLog(context: CommandContext, folder: string): Promise<string> {
  const [given = ''] = context.positionals;
  const names = logNames(folder);
  try {
    return findFunctionName(given, names);
  } catch (error) {
    const deployed = await deployedFunctions(context.root);
    if (deployed === null && names.length === 0) {
      throw usageError(
        logs,
        `there are no logs in ${folder}; the local cloud writes them, start it: npm run dev`,
      );
    }
    if (deployed === null) throw error;
    return findFunctionName(given, [...new Set([...names, ...deployed])]);
  }
}

/** Null when the local cloud is not up. */
async function deployedFunctions(root: string): Promise<readonly string[] | null> {
  const cloud = await findLocalCloud(root);
  if (cloud === null) return null;
  const functions = openFunctions(localTarget(cloud.endpoint));
  try {
    return await functions.listFunctions();
  } finally {
    functions.close();
  }
}

function select(lines: readonly LogLine[], context: CommandContext): readonly LogLine[] {
  const since = sinceMs(context);
  const limits = { default: since === null ? DEFAULT_LINES : MAX_LINES, min: 0, max: MAX_LINES };
  const count = integerOption(context, 'lines', limits);
  const recent = since === null ? lines : fromTime(lines, since);
  return count === 0 ? [] : recent.slice(-count);
}

/** A line without a time belongs to the one before it. */
function fromTime(lines: readonly LogLine[], startMs: number): readonly LogLine[] {
  const first = lines.findIndex(({ atMs }) => atMs !== null && atMs >= startMs);
  return first < 0 ? [] : lines.slice(first);
}

function sinceMs(context: CommandContext): number | null {
  const text = stringOption(context, 'since');
  if (text === undefined) return null;
  const durationMs = parseDurationMs(text);
  if (durationMs === null) {
    throw usageError(logs, `--since: expected a duration such as 30s, 10m or 2h, got "${text}"`);
  }
  return Date.now() - durationMs;
}

function timeWords(context: CommandContext): string {
  const text = stringOption(context, 'since');
  return text === undefined ? ' yet' : ` in the last ${text}`;
}

/** For people with a heading per day; for machines, while following, one object per line. */
function createPrinter(
  { output }: CommandContext,
  { isFollowing }: { readonly isFollowing: boolean },
): (line: LogLine) => void {
  if (output.jsonMode) {
    return (line) => {
      if (isFollowing) output.raw(`${JSON.stringify(toJson(line))}\n`);
    };
  }
  let day = '';
  return (line) => {
    const lineDay = line.atMs === null ? day : new Date(line.atMs).toISOString().slice(0, 10);
    if (lineDay !== day) output.line(output.style(`${lineDay} (UTC)`, 'bold'));
    day = lineDay;
    for (const text of formatLogLine(line, output.style)) output.line(text);
  };
}

function toJson({ atMs, text }: LogLine): unknown {
  return { time: atMs === null ? null : new Date(atMs).toISOString(), text };
}
