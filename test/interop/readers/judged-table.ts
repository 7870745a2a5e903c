import type { Output } from '#cli/output.ts';
import type { TableMetadata } from '#core/iceberg/spec/table-metadata.ts';
import type { TableIdent } from '#ports/table-catalog.ts';
import type { TableFacts } from './read-with-athena.ts';

const PRINTED_PROBLEMS = 20;

/** A table under judgement. */
export interface JudgedTable {
  readonly ident: TableIdent;
  readonly name: string;
  readonly metadata: TableMetadata;
  readonly facts: TableFacts;
  /** Where its objects are exported to. */
  readonly folder: string;
  /** Reader to its disagreements; a reader that is missing did not read the table. */
  readonly verdicts: Map<string, readonly string[]>;
}

/** Prints a line per table, then every disagreement. True when everybody agrees. */
export function printVerdicts(output: Output, tables: readonly JudgedTable[]): boolean {
  const readers = [...new Set(tables.flatMap(({ verdicts }) => [...verdicts.keys()]))];
  output.line();
  output.table(
    ['table', 'rows', ...readers],
    tables.map(({ name, facts, verdicts }) => [
      name,
      String(Math.max(0, ...Object.values(facts).map(({ values }) => values))),
      ...readers.map((reader) => verdictText(verdicts.get(reader))),
    ]),
  );
  for (const { name, verdicts } of tables) {
    for (const [reader, problems] of verdicts) {
      for (const problem of problems.slice(0, PRINTED_PROBLEMS)) {
        output.problem(`${name}, ${reader}: ${problem}`);
      }
    }
  }
  return tables.every(({ verdicts }) => [...verdicts.values()].every(({ length }) => length === 0));
}

function verdictText(problems: readonly string[] | undefined): string {
  if (problems === undefined) return '–';
  return problems.length === 0 ? 'same' : `${problems.length} differ`;
}
