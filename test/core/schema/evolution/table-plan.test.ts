import { describe, expect, it } from 'vitest';
import type { NestedField } from '#core/iceberg/spec/schema.ts';
import type { BronzeColumn } from '#core/schema/bronze-table.ts';
import { planTableChanges } from '#core/schema/evolution/table-plan.ts';
import type { FieldType } from '#core/schema/field.ts';

function wanted(name: string, type: FieldType, more: Partial<BronzeColumn> = {}): BronzeColumn {
  return { name, type, required: false, source: { kind: 'mapping' }, aliases: [], ...more };
}

function column(name: string, type: NestedField['type'], required = false): NestedField {
  return { id: 1, name, required, type };
}

const decimal = (precision: number, scale: number): FieldType => ({
  kind: 'decimal',
  precision,
  scale,
});

describe('planTableChanges', () => {
  it('plans nothing for a table that fits', () => {
    const plan = planTableChanges([wanted('a', { kind: 'int' })], [column('a', 'int')]);
    expect(plan).toEqual({ changes: [], refused: [] });
  });

  it('lets a required column that nobody fills any more be null', () => {
    const plan = planTableChanges([], [column('a', 'int', true), column('b', 'int')]);
    expect(plan.changes).toEqual([{ kind: 'make-optional', path: ['a'] }]);
  });

  it('never makes a column required', () => {
    const plan = planTableChanges(
      [wanted('a', { kind: 'int' }, { required: true })],
      [column('a', 'int')],
    );
    expect(plan).toEqual({ changes: [], refused: [] });
  });

  it('renames before it relaxes and widens', () => {
    const plan = planTableChanges(
      [wanted('b', { kind: 'long' }, { aliases: ['a'] })],
      [column('a', 'int', true)],
    );
    expect(plan.changes).toEqual([
      { kind: 'rename-column', path: ['a'], newName: 'b' },
      { kind: 'make-optional', path: ['b'] },
      { kind: 'widen-column', path: ['b'], type: 'long' },
    ]);
  });

  it.each<[FieldType, NestedField['type']]>([
    [decimal(12, 3), 'decimal(9, 2)'],
    [decimal(8, 2), 'decimal(9, 2)'],
    [{ kind: 'int' }, 'long'],
    [{ kind: 'float' }, 'double'],
    [{ kind: 'double' }, 'int'],
    [{ kind: 'list', element: { kind: 'int' } }, 'int'],
    [{ kind: 'int' }, { type: 'struct', fields: [] }],
  ])('refuses %j in a column of type %j', (type, current) => {
    const plan = planTableChanges([wanted('a', type)], [column('a', current)]);
    expect(plan.changes).toEqual([]);
    expect(plan.refused.map(({ path }) => path)).toEqual(['a']);
  });
});
