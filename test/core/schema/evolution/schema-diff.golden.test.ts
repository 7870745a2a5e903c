import { describe, expect, it } from 'vitest';
import { toAvroSchema } from '#core/schema/avro-schema.ts';
import { formatDiff } from '#core/schema/evolution/format-diff.ts';
import { diffSchemas } from '#core/schema/evolution/schema-diff.ts';
import type { Field, FieldType } from '#core/schema/field.ts';
import { field } from './evolution-fixture.ts';

const INT: FieldType = { kind: 'int' };
const STRING: FieldType = { kind: 'string' };
const decimal = (precision: number, scale: number): FieldType => ({
  kind: 'decimal',
  precision,
  scale,
});

function diff(before: readonly Field[], after: readonly Field[], description = 'd'): string {
  const schema = (fields: readonly Field[], text: string) =>
    toAvroSchema({ domain: 'market', name: 'trade', description: text, fields });
  return formatDiff(diffSchemas(schema(before, 'd'), schema(after, description))).join('\n');
}

describe('diff of two versions', () => {
  it('is empty for equal schemas', () => {
    expect(diff([field('x', INT)], [field('x', INT)])).toBe('');
  });

  it('names everything that changed, in the order of the new fields, and what is gone last', () => {
    const before = [
      field('kept', INT),
      field('count', INT),
      field('price', { kind: 'double' }),
      field('sku', STRING),
      field('note', STRING),
      field('rest', STRING, { optional: true }),
      field('level', INT, { default: 1 }),
      field('side', { kind: 'enum', symbols: ['bid', 'ask'] }),
      field('amount', decimal(9, 2)),
      field('share', decimal(9, 2)),
      field('fee', { kind: 'money', currency: 'USD' }),
      field('when', { kind: 'timestamp_millis' }),
      field('text', STRING, { doc: 'old words' }),
      field('gone', { kind: 'list', element: STRING }),
    ];
    const after = [
      field('kept', INT),
      field('count', { kind: 'long' }),
      field('price', { kind: 'float' }),
      field('code', STRING, { aliases: ['sku'] }),
      field('note', STRING, { optional: true }),
      field('rest', STRING),
      field('level', INT, { default: 2 }),
      field('side', { kind: 'enum', symbols: ['bid', 'mid'] }),
      field('amount', decimal(12, 2)),
      field('share', decimal(9, 4)),
      field('fee', { kind: 'money', currency: 'EUR' }),
      field('when', { kind: 'timestamp_micros' }),
      field('text', STRING, { doc: 'new words' }),
      field('fresh', { kind: 'map', value: INT }, { optional: true }),
    ];
    expect(diff(before, after)).toBe(
      [
        '~ count      widened: int → long',
        '~ price      narrowed: double → float',
        '> code       renamed: sku → code',
        '~ note       made optional',
        '~ rest       made required',
        '~ level      default: 1 → 2',
        '+ side       symbols added: mid',
        '- side       symbols removed: ask',
        '~ amount     widened: decimal(9,2) → decimal(12,2)',
        '~ share      another type: decimal(9,2) → decimal(9,4)',
        '~ fee_cents  another type: money USD → money EUR',
        '~ when       another type: timestamp-millis → timestamp-micros',
        '  text       documentation: "old words" → "new words"',
        '+ fresh      added: map of int, optional',
        '- gone       removed: list of string',
      ].join('\n'),
    );
  });

  it('goes into records, lists and maps', () => {
    const lines = (fields: readonly Field[]): FieldType => ({
      kind: 'list',
      element: { kind: 'map', value: { kind: 'record', fields } },
    });
    expect(
      diff(
        [field('lines', lines([field('a', INT)]))],
        [
          field(
            'lines',
            lines([field('a', { kind: 'long' }), field('b', STRING, { optional: true })]),
          ),
        ],
      ),
    ).toBe(
      [
        '~ lines.element.value.a  widened: int → long',
        '+ lines.element.value.b  added: string, optional',
      ].join('\n'),
    );
  });

  it('tells a change of words only, cut to a line', () => {
    expect(diff([], [], 'x'.repeat(200))).toBe(
      `  (the stream)  documentation: "d" → "${'x'.repeat(59)}…"`,
    );
  });

  it('tells an alias that stands beside its field', () => {
    expect(diff([field('x', INT)], [field('x', INT, { aliases: ['old'] })])).toBe(
      '~ x  aliases: none → old',
    );
  });

  it('takes a field whose earlier name is used again for a new one', () => {
    expect(
      diff(
        [field('a', INT)],
        [field('b', INT, { aliases: ['a'], optional: true }), field('a', INT)],
      ),
    ).toBe('+ b  added: int, optional');
  });
});
