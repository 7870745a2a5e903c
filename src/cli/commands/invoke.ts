import { readFileSync } from 'node:fs';
import { SluiceError } from '#core/errors.ts';
import type { FunctionResult } from '#ports/function-invoker.ts';
import { localTarget } from '#runtime/aws-clients.ts';
import { openFunctions } from '#runtime/function-access.ts';
import { type Command, type CommandContext, stringOption } from '../command.ts';
import { findFunctionName } from '../function-name.ts';
import { findJsonProblem } from '../json-problem.ts';
import { requireLocalCloud } from '../local-cloud.ts';
import { formatLogLine, shortenFrame } from '../logs/print-log-line.ts';
import type { Output } from '../output.ts';

export const invoke: Command = {
  name: 'invoke',
  summary: 'run a function once with an event of your own, and see what it says',
  usage: '<function> [--event <file or JSON>] [--json]',
  positionals: { min: 1, max: 1 },
  options: {
    event: {
      type: 'string',
      value: '<file>',
      description:
        'JSON file with the event, the event itself when it begins with {, - for standard input (default: {})',
    },
  },
  async run(context) {
    const [given = ''] = context.positionals;
    const event = readEvent(stringOption(context, 'event'));
    const cloud = await requireLocalCloud(context.root);
    const functions = openFunctions(localTarget(cloud.endpoint));
    try {
      const name = findFunctionName(given, await functions.listFunctions());
      const result = await functions.invoke(name, event);
      print(context, name, result);
      return result.failed ? 1 : 0;
    } finally {
      functions.close();
    }
  },
};

const STDIN = 0;

/** Throws USAGE with the place at which the file is not JSON. */
function readEvent(file: string | undefined): string {
  if (file === undefined) return '{}';
  const isEvent = file.trimStart().startsWith('{');
  const text = isEvent ? file : file === '-' ? readFileSync(STDIN, 'utf8') : readFile(file);
  const problem = findJsonProblem(text);
  if (problem === null) return text;
  const source = isEvent ? '--event' : file === '-' ? 'standard input' : file;
  const place = `${source}:${problem.line}:${problem.column}`;
  throw new SluiceError('USAGE', `${place}: not JSON: ${problem.message}`);
}

function readFile(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new SluiceError(
      'USAGE',
      `--event: there is no file ${file}; expected one with JSON, or -`,
    );
  }
}

interface FunctionError {
  readonly type: string;
  readonly message: string;
  readonly stack: readonly string[];
}

function print({ output }: CommandContext, name: string, result: FunctionResult): void {
  const logLines = result.logTail.split('\n').filter((line) => line !== '');
  const durationMs = durationOf(logLines);
  for (const text of logLines) {
    for (const line of formatLogLine({ atMs: null, text }, output.style))
      output.line(line.trimStart());
  }
  output.line();
  const payload = parseOrText(result.payload);
  const error = result.failed ? readError(payload) : null;
  if (error === null) output.line(JSON.stringify(payload, null, 2));
  else printError(output, error);
  output.line();
  const outcome = result.failed
    ? output.style('failed', 'red')
    : output.style('succeeded', 'green');
  output.line(`${name} ${outcome}${durationMs === null ? '' : ` after ${durationMs} ms`}`);
  output.result({ ok: !result.failed, function: name, payload, error, durationMs, log: logLines });
}

function printError(output: Output, { type, message, stack }: FunctionError): void {
  output.line(`${output.style(type, 'red')}: ${message}`);
  for (const frame of stack) output.line(output.style(`  ${shortenFrame(frame)}`, 'dim'));
}

/** As the Lambda runtimes report one. Source: AWS Lambda developer guide, "Function errors". */
function readError(payload: unknown): FunctionError {
  const { errorType, errorMessage, trace, stackTrace } = (payload ?? {}) as Readonly<
    Record<string, unknown>
  >;
  const frames = [trace, stackTrace].find(Array.isArray) ?? [];
  return {
    type: typeof errorType === 'string' ? errorType : 'Error',
    message: typeof errorMessage === 'string' ? errorMessage : JSON.stringify(payload),
    stack: frames.map((frame) => String(frame).trim()).filter((frame) => frame.startsWith('at ')),
  };
}

/** Of the REPORT line; null when the log has none. */
function durationOf(lines: readonly string[]): number | null {
  const report = lines.findLast((line) => line.startsWith('REPORT '));
  const [, duration] = /\tDuration: ([\d.]+) ms/.exec(report ?? '') ?? [];
  return duration === undefined ? null : Number(duration);
}

function parseOrText(payload: string): unknown {
  try {
    return JSON.parse(payload);
  } catch {
    return payload;
  }
}
