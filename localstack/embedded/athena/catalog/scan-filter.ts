import type { ScanPredicate } from '#core/iceberg/scan/scan-predicate.ts';
import type { NestedField } from '#core/iceberg/spec/schema.ts';
import type { SingleValue } from '#core/iceberg/spec/single-value.ts';
import type { ScanCondition } from '../compile/context.ts';
import type { Expression } from '../sql/ast.ts';

const MS_PER_DAY = 86_400_000;

/**
 * The conditions of a statement as a filter for scan planning. Constants that are no exact value of
 * their column's type are left out: the filter only rules out files, the engine filters rows.
 */
export function toScanFilter(
  conditions: readonly { readonly field: NestedField; readonly condition: ScanCondition }[],
  parameters: readonly Expression[],
): ScanPredicate | null {
  const operands = conditions.flatMap(({ field, condition }): ScanPredicate[] => {
    const { constant, operator } = condition;
    const node = constant.kind === 'parameter' ? parameters[constant.index] : constant;
    const value = node === undefined ? null : constantOf(node, field);
    return value === null ? [] : [{ op: operator, column: field.name, value }];
  });
  return operands.length === 0 ? null : { op: 'and', operands };
}

function constantOf(node: Expression, field: NestedField): SingleValue | null {
  switch (field.type) {
    case 'boolean':
      return node.kind === 'boolean' ? node.value : null;
    case 'string':
      return node.kind === 'string' ? node.value : null;
    case 'int':
    case 'long':
      return integerOf(node);
    case 'float':
      return null;
    case 'double':
      return doubleOf(node);
    case 'date':
      return dateOf(node);
    case 'timestamp':
      return timestampOf(node);
    default:
      return null;
  }
}

function numberText(node: Expression): string | null {
  if (node.kind === 'number') return node.text;
  if (node.kind === 'negate' && node.operand.kind === 'number') return `-${node.operand.text}`;
  return null;
}

function integerOf(node: Expression): bigint | null {
  const text = numberText(node);
  return text !== null && /^-?\d+$/.test(text) ? BigInt(text) : null;
}

function doubleOf(node: Expression): number | null {
  const text = numberText(node);
  return text === null ? null : Number(text);
}

function dateOf(node: Expression): number | null {
  if (node.kind !== 'typed-literal' || node.type !== 'date') return null;
  const time = Date.parse(`${node.value.trim()}T00:00:00Z`);
  return Number.isNaN(time) ? null : time / MS_PER_DAY;
}

/** Microseconds of a timestamp or date without a zone, or in UTC. */
function timestampOf(node: Expression): bigint | null {
  if (node.kind !== 'typed-literal') return null;
  const days = dateOf(node);
  if (days !== null) return BigInt(days) * BigInt(MS_PER_DAY) * 1000n;
  const match =
    node.type === 'timestamp'
      ? /^(\d{4}-\d{2}-\d{2})(?: (\d{2}:\d{2}:\d{2})(?:\.(\d{1,6}))?)?(?: ?UTC)?$/.exec(
          node.value.trim(),
        )
      : null;
  if (match === null) return null;
  const time = Date.parse(`${match[1]}T${match[2] ?? '00:00:00'}Z`);
  if (Number.isNaN(time)) return null;
  return BigInt(time) * 1000n + BigInt((match[3] ?? '').padEnd(6, '0') || '0');
}
