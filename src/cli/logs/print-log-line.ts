import type { Output, TextStyle } from '../output.ts';
import { type LogEntry, type LogLine, readLogEntry } from './log-line.ts';

type Style = Output['style'];

const LEVEL_STYLES: Readonly<Record<string, TextStyle>> = {
  CRITICAL: 'red',
  ERROR: 'red',
  WARN: 'yellow',
  INFO: 'green',
};
const LEVEL_WIDTH = 5;
/** `10:20:30.456` */
const TIME_WIDTH = 12;

/** Lines on the terminal for one line of a log; times are UTC like everything in the tables. */
export function formatLogLine({ atMs, text }: LogLine, style: Style): readonly string[] {
  const time = atMs === null ? ' '.repeat(TIME_WIDTH) : new Date(atMs).toISOString().slice(11, 23);
  const [first = '', ...rest] = formatEntry(readLogEntry(text), style);
  const indent = ' '.repeat(TIME_WIDTH + 2);
  return [`${style(time, 'dim')}  ${first}`, ...rest.map((line) => `${indent}${line}`)];
}

function formatEntry(entry: LogEntry, style: Style): readonly string[] {
  switch (entry.kind) {
    case 'platform':
      return [style(entry.text.replaceAll('\t', '  ').trimEnd(), 'dim')];
    case 'metrics':
      return [style(`${'METRIC'.padEnd(LEVEL_WIDTH)} ${formatFields(entry.values)}`, 'dim')];
    case 'text':
      return [shortenFrame(entry.text)];
    case 'record':
      return formatRecord(entry, style);
  }
}

function formatRecord(
  { level, message, fields, error }: Extract<LogEntry, { kind: 'record' }>,
  style: Style,
): readonly string[] {
  const levelStyle = LEVEL_STYLES[level];
  const padded = level.padEnd(LEVEL_WIDTH);
  const name = levelStyle === undefined ? padded : style(padded, levelStyle);
  const shown = formatFields(fields);
  const lines = [`${name} ${message}${shown === '' ? '' : `  ${style(shown, 'dim')}`}`];
  if (error !== null) {
    lines.push(`${style(error.name, 'red')}: ${error.message}`);
    lines.push(...error.stack.map((frame) => style(`  ${shortenFrame(frame.trim())}`, 'dim')));
  }
  return lines;
}

/** A stack frame without the folder of the function's code, which says nothing and is 150 characters long. */
export function shortenFrame(text: string): string {
  return text.replace(/file:\/\/\S*\/asset\.[0-9a-f]{64}\//, '');
}

/** `stream=trade received=100`: text with blanks and everything that is no plain value as JSON. */
function formatFields(fields: Readonly<Record<string, unknown>>): string {
  return Object.entries(fields)
    .map(([name, value]) => `${name}=${formatValue(value)}`)
    .join(' ');
}

function formatValue(value: unknown): string {
  if (typeof value === 'string' && /^[^\s"=]+$/.test(value)) return value;
  return JSON.stringify(value) ?? 'nothing';
}
