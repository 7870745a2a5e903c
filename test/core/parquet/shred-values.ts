import { buildVector } from '#core/columns/build-vectors.ts';
import type { Vector } from '#core/columns/vector.ts';
import type { IcebergType, NestedField } from '#core/iceberg/spec/schema.ts';
import type { LeafEntries, Selection } from '#core/parquet/leaf-entries.ts';
import { shredColumn } from '#core/parquet/levels.ts';
import { buildSchemaNodes, type LeafNode, leavesOf } from '#core/parquet/schema-node.ts';
import { createScratch } from '#core/parquet/scratch.ts';
import type { Value } from '#core/schema/field.ts';

export interface Shredded {
  readonly leaf: LeafNode;
  readonly entries: LeafEntries;
  readonly selection: Selection;
}

/** Leaves of a column, shredded by a vector. A missing value where one is required is an error. */
export function shredVector(
  field: NestedField,
  vector: Vector,
  selection: Selection = { rows: null, from: 0, to: vector.length },
): Shredded[] {
  const nodes = buildSchemaNodes([field]);
  const [node] = nodes;
  if (node === undefined) throw new Error('no node');
  const leaves = leavesOf(nodes);
  const reportMissing = (missing: { column: string }, row: number) => {
    throw new Error(`missing ${missing.column} row ${row}`);
  };
  return shredColumn(node, vector, selection, { scratch: createScratch(), reportMissing }).map(
    (entries, index) => {
      const leaf = leaves[index];
      if (leaf === undefined) throw new Error('no leaf');
      return { leaf, entries, selection };
    },
  );
}

/** The first leaf of a column `c` with field id 1. */
export function shredLeaf(
  { type, required }: { type: IcebergType; required: boolean },
  values: readonly Value[],
): Shredded {
  const field = { id: 1, name: 'c', required, type };
  const [leaf] = shredVector(field, buildVector(field, values));
  if (leaf === undefined) throw new Error('no leaf');
  return leaf;
}

/** Places of the defined values in the vector. */
export function placesOf({ positions, from, valueCount }: LeafEntries): number[] {
  return positions === null
    ? Array.from({ length: valueCount }, (_, index) => from + index)
    : Array.from(positions);
}
