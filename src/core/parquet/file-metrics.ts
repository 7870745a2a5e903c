/**
 * What Iceberg keeps of a data file in a manifest, by field id of the leaf columns.
 *
 * Value and null counts of a leaf in a list or map are those of its entries: an empty or null list
 * counts as one entry without a value, as Parquet stores it. Source: Iceberg v2 §Manifests, `data_file`.
 */
import type { FileMetrics } from '#core/iceberg/spec/data-file.ts';
import { encodeSingleValue, type SingleValue } from '#core/iceberg/spec/single-value.ts';
import type { StoredRowGroup } from './footer.ts';
import { unscaled } from './narrow-decimals.ts';
import type { PhysicalValue } from './physical-values.ts';
import type { LeafNode } from './schema-node.ts';
import { mergeBounds, type ValueBounds } from './statistics.ts';
import {
  truncateBinaryLower,
  truncateBinaryUpper,
  truncateUtf8Lower,
  truncateUtf8Upper,
} from './truncate-bound.ts';

/** Code points (strings) or bytes (binary) of a bound; Iceberg's default `truncate(16)`. */
const MAX_BOUND_LENGTH = 16;

interface LeafTotals {
  storedBytes: bigint;
  valueCount: bigint;
  nullCount: bigint;
  nanCount: bigint | null;
  bounds: ValueBounds | null;
}

/** Sums the row groups of a finished file up. */
export function collectFileMetrics(
  leaves: readonly LeafNode[],
  file: { rowCount: number; rowGroups: readonly StoredRowGroup[]; fileSizeBytes: number },
): FileMetrics {
  const columnSizes = new Map<number, bigint>();
  const valueCounts = new Map<number, bigint>();
  const nullValueCounts = new Map<number, bigint>();
  const nanValueCounts = new Map<number, bigint>();
  const lowerBounds = new Map<number, Uint8Array>();
  const upperBounds = new Map<number, Uint8Array>();
  leaves.forEach((leaf, leafIndex) => {
    const totals = sumLeaf(leaf, leafIndex, file.rowGroups);
    columnSizes.set(leaf.fieldId, totals.storedBytes);
    valueCounts.set(leaf.fieldId, totals.valueCount);
    nullValueCounts.set(leaf.fieldId, totals.nullCount);
    if (totals.nanCount !== null) nanValueCounts.set(leaf.fieldId, totals.nanCount);
    // A bound of list elements would say nothing about rows.
    if (totals.bounds === null || leaf.maxRepetitionLevel > 0) return;
    lowerBounds.set(leaf.fieldId, lowerBound(leaf, totals.bounds.min));
    const upper = upperBound(leaf, totals.bounds.max);
    if (upper !== null) upperBounds.set(leaf.fieldId, upper);
  });
  return {
    recordCount: BigInt(file.rowCount),
    fileSizeBytes: BigInt(file.fileSizeBytes),
    columnSizes,
    valueCounts,
    nullValueCounts,
    nanValueCounts,
    lowerBounds,
    upperBounds,
    splitOffsets: file.rowGroups.map((rowGroup) => BigInt(rowGroup.fileOffset)),
  };
}

function sumLeaf(
  leaf: LeafNode,
  leafIndex: number,
  rowGroups: readonly StoredRowGroup[],
): LeafTotals {
  const { physicalType } = leaf.storage;
  const isFloating = physicalType === 'FLOAT' || physicalType === 'DOUBLE';
  const totals: LeafTotals = {
    storedBytes: 0n,
    valueCount: 0n,
    nullCount: 0n,
    nanCount: isFloating ? 0n : null,
    bounds: null,
  };
  for (const { chunks } of rowGroups) {
    const chunk = chunks[leafIndex];
    if (chunk === undefined) continue;
    totals.storedBytes += BigInt(chunk.storedBytes);
    totals.valueCount += BigInt(chunk.valueCount);
    totals.nullCount += BigInt(chunk.statistics.nullCount);
    if (totals.nanCount !== null) totals.nanCount += BigInt(chunk.statistics.nanCount ?? 0);
    totals.bounds = mergeBounds(physicalType, totals.bounds, chunk.statistics.bounds);
  }
  return totals;
}

function lowerBound(leaf: LeafNode, min: PhysicalValue): Uint8Array {
  if (leaf.type === 'string' && min instanceof Uint8Array) {
    return truncateUtf8Lower(min, MAX_BOUND_LENGTH).slice();
  }
  if (leaf.type === 'binary' && min instanceof Uint8Array) {
    return truncateBinaryLower(min, MAX_BOUND_LENGTH).slice();
  }
  return encodeSingleValue(leaf.type, toSingleValue(leaf, min));
}

function upperBound(leaf: LeafNode, max: PhysicalValue): Uint8Array | null {
  if (leaf.type === 'string' && max instanceof Uint8Array) {
    return truncateUtf8Upper(max, MAX_BOUND_LENGTH)?.slice() ?? null;
  }
  if (leaf.type === 'binary' && max instanceof Uint8Array) {
    return truncateBinaryUpper(max, MAX_BOUND_LENGTH)?.slice() ?? null;
  }
  return encodeSingleValue(leaf.type, toSingleValue(leaf, max));
}

function toSingleValue(leaf: LeafNode, value: PhysicalValue): SingleValue {
  if (leaf.type === 'boolean') return value === 1;
  if (leaf.storage.decimal === undefined) return value;
  return unscaled(value);
}
