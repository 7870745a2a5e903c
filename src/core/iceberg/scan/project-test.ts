import { SluiceError } from '../../errors.ts';
import type { SingleValue } from '../spec/single-value.ts';
import { bindTransform } from '../transform/apply-transform.ts';
import type { Transform } from '../transform/transform.ts';
import type { ColumnTest, ValueTest } from './scan-predicate.ts';

/**
 * Inclusive projection: a test of the partition value that every row passing the column test passes
 * too; null when there is none better than "always". Source: Iceberg v2 §Scan Planning.
 */
export function projectTest(test: ColumnTest, transform: Transform): ValueTest | null {
  switch (transform.kind) {
    case 'identity':
      return test;
    case 'void':
    case 'unknown':
      return null;
    case 'bucket':
      return isNullTest(test) ? test : projectEquality(test, transform);
    default:
      return isNullTest(test) ? test : projectOrder(test, transform);
  }
}

/** Hashes keep equality only. */
function projectEquality(test: ColumnTest, transform: Transform): ValueTest | null {
  if (test.op !== '=' && test.op !== 'in') return null;
  const values = transformed(test, transform);
  return values === null ? null : { op: test.op, values };
}

/** Time units and truncation never reverse an order, but can make different values equal. */
function projectOrder(test: ColumnTest, transform: Transform): ValueTest | null {
  const values = transformed(test, transform);
  if (values === null) return null;
  switch (test.op) {
    case '=':
    case 'in':
      return { op: test.op, values };
    case '<':
    case '<=':
      return { op: '<=', values };
    case '>':
    case '>=':
      return { op: '>=', values };
    default:
      return null;
  }
}

function transformed(test: ColumnTest, transform: Transform): readonly SingleValue[] | null {
  try {
    const apply = bindTransform(transform, test.type);
    return test.values.map(apply).filter((value) => value !== null);
  } catch (error) {
    // The literal has no partition value (an hour beyond 32 bits), or the transform does not take the column.
    if (error instanceof SluiceError) return null;
    throw error;
  }
}

function isNullTest(test: ValueTest): boolean {
  return test.op === 'is-null' || test.op === 'is-not-null';
}
