import { checkFieldExpression } from '#core/file/check-selection.ts';
import type { FileFormat } from '#core/file/file-format.ts';
import { columnFields, namesIn } from '#core/file/map-file-row.ts';
import { compileTimePattern } from '#core/file/time-pattern.ts';
import { isTimeZone } from '#core/file/time-zone.ts';
import { type Field, storedName } from '#core/schema/field.ts';
import { CSV_KEYS, FILES_DEFAULTS, type FileInput } from '../model/files-model.ts';
import type { FileSource, Stream } from '../project.ts';
import { type ConfigPath, quote } from '../source/config-issue.ts';
import { nearestName, unknownName } from '../source/nearest-name.ts';
import type { Reporter } from '../source/reporter.ts';

export interface FilesContext {
  readonly domain: string;
  /** Streams of the domain. */
  readonly streams: readonly Stream[];
  readonly report: Reporter;
}

interface Place {
  readonly path: ConfigPath;
  readonly report: Reporter;
}

/** Domain whose folder would be that of the error files. */
const ERRORS_FOLDER = 'errors';

/** Resolves the file entries of a domain, in the order of the file. Every problem is reported. */
export function resolveFiles(
  inputs: Readonly<Record<string, FileInput>>,
  context: FilesContext,
): readonly FileSource[] {
  const { domain, report } = context;
  const sources = Object.entries(inputs).map(([name, input]) => resolveFile(name, input, context));
  if (sources.length > 0 && domain === ERRORS_FOLDER) {
    report.at(
      ['files'],
      'expected a domain of another name: errors/ holds the error files of all domains',
    );
  }
  for (const [index, source] of sources.entries()) {
    const other = sources.slice(0, index).find((before) => overlap(before.path, source.path));
    if (other === undefined) continue;
    report.at(
      ['files', source.name, 'path'],
      `expected a folder of its own, got ${quote(source.path)}, which overlaps ${quote(other.path)} of ${quote(other.name)}`,
    );
  }
  return sources;
}

function overlap(a: string, b: string): boolean {
  return `${a}/`.startsWith(`${b}/`) || `${b}/`.startsWith(`${a}/`);
}

function resolveFile(name: string, input: FileInput, context: FilesContext): FileSource {
  const place: Place = { path: ['files', name], report: context.report };
  const declared = context.report.keysAt(['streams']);
  if (input.stream !== undefined && !declared.includes(input.stream)) {
    place.report.at([...place.path, 'stream'], unknownName(input.stream, declared));
  }
  const source: FileSource = {
    name,
    stream: input.stream ?? '',
    path: (input.path ?? name).replace(/\/$/, ''),
    format: resolveFormat(input, place),
    times: {
      timeZone: input.time_zone ?? FILES_DEFAULTS.time_zone,
      timestampFormat: input.timestamp_format ?? null,
      dateFormat: input.date_format ?? null,
    },
    nullText: input.null ?? FILES_DEFAULTS.null,
    turnMs: input.turn ?? FILES_DEFAULTS.turn,
    select: Object.entries(input.select ?? {}).map(([field, expression]) => ({
      field,
      expression,
    })),
  };
  checkTimes(source, place);
  const stream = context.streams.find((candidate) => candidate.name === input.stream);
  if (stream !== undefined) checkSelect(source, stream, place);
  return source;
}

function resolveFormat(input: FileInput, { path, report }: Place): FileFormat {
  const maxLineBytes = input.max_line ?? FILES_DEFAULTS.max_line;
  if (input.format === 'jsonl') {
    for (const key of CSV_KEYS) {
      if (input[key] === undefined) continue;
      report.atKey([...path, key], `expected ${key} only with format csv, got it with jsonl`);
    }
    return { kind: 'jsonl', encoding: 'utf-8', maxLineBytes };
  }
  const quoteMark = input.quote ?? FILES_DEFAULTS.quote;
  const delimiter = input.delimiter ?? FILES_DEFAULTS.delimiter;
  const columns = input.columns ?? [];
  const header = input.header ?? FILES_DEFAULTS.header;
  if (!header && columns.length === 0) {
    report.at(
      [...path, 'header'],
      'expected the names of the columns in columns, got none; a file without header has none',
    );
  }
  for (const [index, column] of columns.entries()) {
    if (columns.indexOf(column) === index) continue;
    report.at(
      [...path, 'columns', index],
      `expected every column once, got ${quote(column)} again`,
    );
  }
  if (quoteMark === delimiter) {
    report.at([...path, 'quote'], 'expected another character than the delimiter');
  }
  return {
    kind: 'csv',
    encoding: input.encoding ?? FILES_DEFAULTS.encoding,
    header,
    columns,
    delimiter,
    quote: quoteMark === 'none' ? null : quoteMark,
    skipLines: input.skip_lines ?? FILES_DEFAULTS.skip_lines,
    maxLineBytes,
  };
}

function checkTimes({ times }: FileSource, { path, report }: Place): void {
  if (!isTimeZone(times.timeZone)) {
    const nearest = nearestName(times.timeZone, Intl.supportedValuesOf('timeZone'));
    const hint = nearest === null ? '' : `; did you mean ${quote(nearest)}?`;
    report.at(
      [...path, 'time_zone'],
      `expected an IANA time zone such as Europe/Berlin, got ${quote(times.timeZone)}${hint}`,
    );
  }
  for (const [key, text] of [
    ['timestamp_format', times.timestampFormat],
    ['date_format', times.dateFormat],
  ] as const) {
    const reading = text === null ? null : compileTimePattern(text);
    if (reading?.ok === false) report.at([...path, key], reading.problem);
  }
}

/** Columns that are not configured are known when a file comes; until then every name in an expression may be one. */
function checkSelect(source: FileSource, stream: Stream, { path, report }: Place): void {
  const { format, select } = source;
  const columns = format.kind === 'csv' && format.columns.length > 0 ? format.columns : null;
  const assigned = new Map<Field, string>();
  for (const { field: name, expression } of select) {
    const at = [...path, 'select', name];
    const field = stream.fields.find((candidate) =>
      [candidate.name, storedName(candidate)].includes(name),
    );
    if (field === undefined) {
      const names = stream.fields.map((candidate) => candidate.name);
      // An invalid field has an issue of its own.
      if (!report.keysAt(['streams', stream.name, 'fields']).includes(name)) {
        report.atKey(at, unknownName(name, names));
      }
      continue;
    }
    if (assigned.has(field)) {
      report.atKey(at, `expected each field once, got ${quote(field.name)} again`);
    }
    assigned.set(field, name);
    const known = columnFields(columns ?? [...new Set(namesIn(expression))]);
    const problem = checkFieldExpression(field, { field: name, expression }, known);
    if (problem !== null) report.at(at, problem);
  }
  if (columns === null || (format.kind === 'csv' && format.header)) return;
  const missing = stream.fields.filter(
    (field) =>
      !assigned.has(field) &&
      !field.optional &&
      field.default === undefined &&
      !columns.includes(field.name) &&
      !columns.includes(storedName(field)),
  );
  if (missing.length === 0) return;
  const names = missing.map(({ name }) => name).join(', ');
  report.at(
    [...path, 'columns'],
    `expected a column or a select for every required field of stream ${stream.name}, got none for ${names}`,
  );
}
