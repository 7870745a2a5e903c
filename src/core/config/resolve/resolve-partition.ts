import { bronzeColumns } from '#core/schema/bronze-table.ts';
import { storedName } from '#core/schema/field.ts';
import { parsePartitionTerm, partitionFieldName, transformTypeProblem } from '../partition-term.ts';
import type { Mapping, PartitionTerm } from '../project.ts';
import { cutTextHint, quote } from '../source/config-issue.ts';
import { unknownName } from '../source/nearest-name.ts';
import type { StreamScope } from './stream-scope.ts';

/** Bronze partition terms with the columns they refer to: source fields, mapped and envelope columns. */
export function resolvePartition(
  texts: readonly string[],
  mapping: readonly Mapping[],
  scope: StreamScope,
): readonly PartitionTerm[] {
  const names = storedNames(mapping, scope);
  const columns = bronzeColumns({ fields: [...scope.fields.values()], mapping });
  const types = new Map(columns.map((column) => [column.name, column.type]));
  const terms: PartitionTerm[] = [];
  for (const [index, text] of texts.entries()) {
    const path = [...scope.path, 'partition', 'bronze', index];
    const reading = parsePartitionTerm(text);
    if (!reading.ok) {
      scope.report.at(path, `expected ${reading.expected}, got ${quote(text)}${cutTextHint(text)}`);
      continue;
    }
    const written = reading.term.column;
    const term = { ...reading.term, column: names.get(written) ?? written };
    const type = types.get(term.column);
    if (type === undefined) {
      const known = [...new Set([...scope.declared, ...types.keys()])];
      if (!scope.declared.includes(written)) scope.report.at(path, unknownName(written, known));
      continue;
    }
    const problem =
      transformTypeProblem(term.transform, type) ?? clashProblem(term, terms, [...types.keys()]);
    if (problem !== null) scope.report.at(path, problem);
    terms.push(term);
  }
  return terms;
}

/** Stored names by the names in the file. */
function storedNames(mapping: readonly Mapping[], scope: StreamScope): ReadonlyMap<string, string> {
  const names = new Map([...scope.fields.values()].map((field) => [field.name, storedName(field)]));
  for (const { column, type } of mapping) {
    if (type.kind === 'money') names.set(column.replace(/_cents$/, ''), column);
  }
  return names;
}

const TIME_TRANSFORMS: readonly string[] = ['year', 'month', 'day', 'hour'];

/**
 * Iceberg refuses two terms that split the same column alike, and a partition field with the name of
 * a column. Source: Iceberg v2 §Partitioning.
 */
function clashProblem(
  term: PartitionTerm,
  earlier: readonly PartitionTerm[],
  columns: readonly string[],
): string | null {
  const splitsAlike = (other: PartitionTerm) =>
    other.column === term.column &&
    (other.transform === term.transform ||
      (TIME_TRANSFORMS.includes(other.transform) && TIME_TRANSFORMS.includes(term.transform)));
  if (earlier.some(splitsAlike)) {
    return `expected one term per column and kind, got a second one for ${quote(term.column)}; keep the finer one`;
  }
  const name = partitionFieldName(term);
  if (term.transform === 'identity' || !columns.includes(name)) return null;
  return `expected a partition name that is no column, got ${quote(name)}; rename the field ${quote(name)}`;
}
