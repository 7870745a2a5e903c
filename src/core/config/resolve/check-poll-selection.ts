import { hasCode } from '#core/errors.ts';
import type { CompileJsonPath } from '#core/poll/json-document.ts';
import { createRecordSelector } from '#core/poll/record-selector.ts';
import { compileRecordValue } from '#core/poll/record-value.ts';
import { storedName } from '#core/schema/field.ts';
import type { HttpPollConnector, PollSelection } from '../connector.ts';
import type { Stream } from '../project.ts';
import { type ConfigPath, quote } from '../source/config-issue.ts';
import { unknownName } from '../source/nearest-name.ts';
import type { ConnectorPlace } from './connector-context.ts';

type SelectionPlace = ConnectorPlace & { readonly compilePath: CompileJsonPath | undefined };

/** Checks the names, paths and expressions of an http-poll connector against its stream. */
export function checkPollSelection(
  connector: HttpPollConnector,
  stream: Stream,
  place: SelectionPlace,
): void {
  const { path, report } = place;
  const compilePath = place.compilePath ?? UNCHECKED;
  const known = new Map(
    stream.fields.flatMap((field) =>
      [field.name, storedName(field)].map((name) => [name, field] as const),
    ),
  );
  const filled = new Set<string>();
  for (const selection of connector.select) {
    const field = known.get(selection.field);
    const at = [...path, 'select', selection.field];
    if (field === undefined) {
      report.atKey(
        at,
        unknownName(
          selection.field,
          stream.fields.map(({ name }) => name),
        ),
      );
      continue;
    }
    if (filled.has(field.name))
      report.atKey(at, `expected field ${quote(field.name)} once, got it twice`);
    filled.add(field.name);
    attempt(at, place, () =>
      createRecordSelector({ fields: [field], identity: [] }, [selection], compilePath),
    );
  }
  checkMissing(stream, place);
  checkIdentity(stream, connector.select, place);
  checkPaths(connector, place, compilePath);
}

/** Reports what a compiler of expressions and paths refuses. */
function attempt(at: ConfigPath, { report }: ConnectorPlace, compile: () => unknown): void {
  try {
    compile();
  } catch (error) {
    if (!hasCode(error, 'EXPRESSION_INVALID')) throw error;
    report.at(
      at,
      `expected a valid expression or JSONPath, column ${error.context['column'] ?? 1}: ${error.message}`,
    );
  }
}

/** A field whose selection is wrong is there all the same: one mistake gives one issue. */
function checkMissing(stream: Stream, { path, report }: ConnectorPlace): void {
  const written = new Set(report.keysAt([...path, 'select']));
  const missing = stream.fields.filter(
    (field) =>
      !field.optional &&
      field.default === undefined &&
      !written.has(field.name) &&
      !written.has(storedName(field)),
  );
  const [first] = missing;
  if (first === undefined) return;
  report.at(
    [...path, 'select'],
    `expected every required field of stream ${stream.name}, got none for ${missing.map(({ name }) => name).join(', ')}; for instance ${first.name}: <member of the record>`,
  );
}

/** Without values in its identity, a record that is read again would be another event. */
function checkIdentity(
  stream: Stream,
  select: readonly PollSelection[],
  { path, report }: ConnectorPlace,
): void {
  const selected = new Set(select.map(({ field }) => field));
  const missing = stream.identity.filter(
    (name) =>
      !selected.has(name) &&
      stream.fields.some(
        (field) => field.name === name && (field.optional || field.default !== undefined),
      ),
  );
  if (missing.length === 0) return;
  report.at(
    [...path, 'select'],
    `expected the identity of stream ${stream.name}, got none for ${missing.join(', ')}; records that are read again are told by it`,
  );
}

function checkPaths(
  { cursor, records, pagination }: HttpPollConnector,
  place: SelectionPlace,
  compilePath: CompileJsonPath,
): void {
  const { path } = place;
  attempt([...path, 'records'], place, () => compilePath(records));
  if (cursor !== null) {
    attempt([...path, 'cursor', 'from'], place, () => compileRecordValue(cursor.from, compilePath));
  }
  if (pagination.kind === 'next') {
    attempt([...path, 'pagination', 'next'], place, () => compilePath(pagination.path));
  }
  if (pagination.kind === 'token') {
    attempt([...path, 'pagination', 'token', 'path'], place, () => compilePath(pagination.path));
  }
}

/** Where no JSONPath library is at hand. */
const UNCHECKED: CompileJsonPath = () => ({ singular: true, find: () => [] });
