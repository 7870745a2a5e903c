/** Keys and indexes from the root of a file to a value. */
export type ConfigPath = readonly (string | number)[];

/** One thing wrong with the configuration, at the place where it can be corrected. */
export interface ConfigIssue {
  /** Relative to the project root, with forward slashes. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 code units. */
  readonly column: number;
  /** For instance `streams.trade.partition.bronze[0]`; empty for the whole file. */
  readonly path: string;
  readonly message: string;
}

/** Longest text of a file that a message repeats: a hostile value must not flood the terminal. */
const MAX_QUOTED_LENGTH = 60;
const MAX_LISTED_NAMES = 24;

/** `streams.trade.fields[0]`; keys that are not plain words are quoted. */
export function formatPath(path: ConfigPath): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else if (!/^[\w-]{1,80}$/.test(step)) text += `[${quote(step)}]`;
    else text += text === '' ? step : `.${step}`;
  }
  return text;
}

/** `file:line:column path: message`, the form editors and terminals turn into a link. */
export function formatIssue(issue: ConfigIssue): string {
  const place = `${issue.file}:${issue.line}:${issue.column}`;
  return issue.path === ''
    ? `${place}: ${issue.message}`
    : `${place} ${issue.path}: ${issue.message}`;
}

/** Order of files, then of lines: the order in which a person corrects them. */
export function compareIssues(a: ConfigIssue, b: ConfigIssue): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  if (a.line !== b.line) return a.line - b.line;
  if (a.column !== b.column) return a.column - b.column;
  if (a.path !== b.path) return a.path < b.path ? -1 : 1;
  return a.message < b.message ? -1 : a.message > b.message ? 1 : 0;
}

/** Names a YAML value for a message: short texts in quotes, containers by their kind. */
export function describeValue(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (typeof value === 'string') return quote(value);
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object') return 'a mapping';
  return String(value);
}

/** Text in double quotes, shortened, control characters escaped. */
export function quote(text: string): string {
  const short = text.length > MAX_QUOTED_LENGTH ? `${text.slice(0, MAX_QUOTED_LENGTH)}…` : text;
  return JSON.stringify(short);
}

/** `"a"`, `"a" or "b"`, `one of "a", "b", "c"`; long lists are cut. */
export function listChoices(names: readonly string[]): string {
  if (names.length === 0) return 'nothing';
  if (names.length <= 2) return names.map(quote).join(' or ');
  const shown = names.slice(0, MAX_LISTED_NAMES).map(quote).join(', ');
  return `one of ${shown}${names.length > MAX_LISTED_NAMES ? ', …' : ''}`;
}

/**
 * A hint for text that a comma has cut: in `[bucket(16, symbol)]` YAML ends the value at the comma.
 * Empty when the parentheses are balanced.
 */
export function cutTextHint(text: string): string {
  const open = text.split('(').length;
  const closed = text.split(')').length;
  return open === closed
    ? ''
    : '; inside [ ] and { } a comma ends the value: put the whole of it in quotes';
}
