/** Finds the rows that writeParquet would refuse, so that a caller can set them aside and write the rest. */
import type { Vector } from '#core/columns/vector.ts';
import { checkVector } from './check-vectors.ts';
import { gatherValues } from './gather-values.ts';
import { type LeafEntries, rowAt, rowOfValue, type Selection } from './leaf-entries.ts';
import { shredColumn } from './levels.ts';
import { narrowDecimals } from './narrow-decimals.ts';
import { buildSchemaNodes, type LeafNode, leavesOf, type SchemaNode } from './schema-node.ts';
import { createScratch, type Scratch } from './scratch.ts';
import { describeValue, expectedOf, problemText, type ValueProblem } from './value-error.ts';
import { selectRows, type VectorColumn } from './vector-column.ts';

export interface UnwritableRow {
  /** Row number in the vectors. */
  readonly row: number;
  /** Path of the first column that refuses it. */
  readonly column: string;
  /** What writeParquet would say; names no value. */
  readonly reason: string;
}

/**
 * Rows of the selection (default all) with a value that cannot be stored: missing where one is required,
 * or a decimal with more digits than its column has. In the order of the selection, each once. Writing the
 * rest does not fail for a row's sake. Throws what writeParquet throws for columns and vectors as a whole.
 */
export function findUnwritableRows(
  columns: readonly VectorColumn[],
  rows?: Int32Array,
): readonly UnwritableRow[] {
  const nodes = buildSchemaNodes(columns.map(({ field }) => field));
  const selection = selectRows(columns, rows);
  const problems = new Map<number, ValueProblem>();
  const scratch = createScratch();
  columns.forEach(({ vector }, index) => {
    const node = nodes[index];
    if (node === undefined) return;
    checkVector(node, vector);
    if (isSurelyWritable(node, vector)) return;
    const report = (problem: ValueProblem) => {
      if (!problems.has(problem.row)) problems.set(problem.row, problem);
    };
    const reportMissing = (missing: SchemaNode, row: number) =>
      report({ column: missing.column, row, ...missingValue(missing) });
    const leaves = leavesOf([node]);
    shredColumn(node, vector, selection, { scratch, reportMissing }).forEach(
      (entries, leafIndex) => {
        const leaf = leaves[leafIndex];
        if (leaf?.storage.decimal === undefined) return;
        checkDecimals(leaf, entries, { selection, scratch, report });
      },
    );
  });
  return inOrder(selection, problems);
}

/** Most columns need no look at their values. */
function isSurelyWritable(node: SchemaNode, { validity }: Vector): boolean {
  if (node.kind !== 'leaf' || node.storage.decimal !== undefined) return false;
  return !node.required || validity === null;
}

/** How a missing value is described where one is required. */
export function missingValue(node: SchemaNode): { received: string; expected: string } {
  const type = node.kind === 'leaf' ? node.type : node.kind;
  return { received: 'null', expected: `${expectedOf(type)} because the column is required` };
}

function checkDecimals(
  leaf: LeafNode,
  entries: LeafEntries,
  {
    selection,
    scratch,
    report,
  }: { selection: Selection; scratch: Scratch; report: (problem: ValueProblem) => void },
): void {
  const reject = (valueIndex: number, value?: bigint) =>
    report({
      column: leaf.column,
      row: rowOfValue(leaf, entries, { selection, valueIndex }),
      received: value === undefined ? 'more digits' : describeValue(value),
      expected: expectedOf(leaf.type),
    });
  narrowDecimals(leaf, gatherValues(leaf, entries, { scratch, reject }), reject);
}

function inOrder(
  selection: Selection,
  problems: ReadonlyMap<number, ValueProblem>,
): readonly UnwritableRow[] {
  if (problems.size === 0) return [];
  const found: UnwritableRow[] = [];
  for (let index = 0; index < selection.to; index += 1) {
    const problem = problems.get(rowAt(selection, index));
    if (problem === undefined) continue;
    found.push({ row: problem.row, column: problem.column, reason: problemText(problem) });
  }
  return found;
}
