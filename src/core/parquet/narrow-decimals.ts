/** Range check of decimals by their precision, and their final physical type. */
import { copyOfItem } from './byte-items.ts';
import type { RejectValue } from './gather-values.ts';
import { type PhysicalValue, type PhysicalValues, wordsOf } from './physical-values.ts';
import type { LeafNode } from './schema-node.ts';
import { boundsOf } from './statistics.ts';

/**
 * Calls `reject` for the first decimal with more digits than its column allows; decimals of up to 9 digits
 * become INT32. Other columns are returned as they are. The bounds tell whether there is anything to look for.
 */
export function narrowDecimals(
  leaf: LeafNode,
  values: PhysicalValues,
  reject: RejectValue,
): PhysicalValues {
  const { decimal, physicalType } = leaf.storage;
  if (decimal === undefined) return values;
  const limit = 10n ** BigInt(decimal.precision);
  const isInRange = (value: bigint) => value < limit && value > -limit;
  const bounds = boundsOf(values);
  if (bounds !== null && !(isInRange(unscaled(bounds.min)) && isInRange(unscaled(bounds.max)))) {
    for (let index = 0; index < values.values.length; index += 1) {
      const value = unscaledAt(values, index);
      if (!isInRange(value)) reject(index, value);
    }
  }
  if (physicalType !== 'INT32' || values.type !== 'INT64') return values;
  return { type: 'INT32', values: lowWordsOf(wordsOf(values.values)) };
}

function lowWordsOf(words: Int32Array): Int32Array {
  const low = new Int32Array(words.length / 2);
  for (let index = 0; index < low.length; index += 1) low[index] = words[2 * index] ?? 0;
  return low;
}

function unscaledAt(values: PhysicalValues, index: number): bigint {
  if (values.type === 'INT64') return values.values[index] ?? 0n;
  if (values.type === 'FIXED_LEN_BYTE_ARRAY') return unscaled(copyOfItem(values.values, index));
  return 0n;
}

/** The unscaled value of a decimal: a number, or big-endian two's complement. */
export function unscaled(value: PhysicalValue): bigint {
  if (!(value instanceof Uint8Array)) return BigInt(value);
  const magnitude = value.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  return BigInt.asIntN(8 * value.length, magnitude);
}
