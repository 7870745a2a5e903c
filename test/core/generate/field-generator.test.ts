import { describe, expect, it } from 'vitest';
import { createRowEncoder } from '#core/avro/row-codec.ts';
import { checkGeneratorCall, createFieldGenerator } from '#core/generate/field-generator.ts';
import { createEventGenerator, NO_FAULTS } from '#core/generate/generate-events.ts';
import { createRandomAccess } from '#core/generate/random-access.ts';
import type { Field, FieldType, Row, Value } from '#core/schema/field.ts';
import { field, tradeStream } from './trade-stream.ts';

function sample(target: Field, call: string | undefined, count: number, soFar: Row = {}): Value[] {
  const make = createFieldGenerator(target, call, {
    random: createRandomAccess('test'),
    key: 'symbol',
  });
  return Array.from({ length: count }, (_, index) => make(index, soFar));
}
const numbers = (call: string, count: number, type: FieldType = { kind: 'double' }) =>
  sample(field('x', type), call, count).map(Number);
const mean = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

describe('generators', () => {
  it('spread uniform(a, b) evenly between its ends', () => {
    const values = numbers('uniform(10, 20)', 10_000);
    expect(Math.min(...values)).toBeGreaterThanOrEqual(10);
    expect(Math.max(...values)).toBeLessThanOrEqual(20);
    for (let bucket = 10; bucket < 20; bucket++) {
      const share = values.filter((value) => Math.floor(value) === bucket).length / values.length;
      expect(Math.abs(share - 0.1)).toBeLessThan(0.02);
    }
  });

  it('give normal(mean, deviation) its mean and deviation', () => {
    const values = numbers('normal(50, 5)', 10_000);
    expect(Math.abs(mean(values) - 50)).toBeLessThan(0.2);
    expect(Math.abs(Math.sqrt(mean(values.map((value) => (value - 50) ** 2))) - 5)).toBeLessThan(
      0.2,
    );
  });

  it('give lognormal(median, sigma) its median, and only positive numbers', () => {
    const values = numbers('lognormal(100, 1)', 10_000).sort((a, b) => a - b);
    expect(values[0]).toBeGreaterThan(0);
    expect(Math.abs((values[5_000] ?? 0) - 100)).toBeLessThan(6);
  });

  it('make low ranks of zipf(n) frequent', () => {
    const ranks = numbers('zipf(100)', 10_000, { kind: 'int' });
    const count = (rank: number) => ranks.filter((value) => value === rank).length;
    expect(Math.max(...ranks)).toBeLessThan(100);
    expect(count(0) / count(1)).toBeGreaterThan(1.6);
    expect(count(0) / count(1)).toBeLessThan(2.4);
    expect(count(0) / count(9)).toBeGreaterThan(7);
  });

  it('name the ranks of a text by examples, then by distinct codes', () => {
    const names = new Set(
      sample(field('s', { kind: 'string' }, { examples: ['AAPL', 'MSFT'] }), 'zipf(300)', 30_000),
    );
    expect(names.size).toBe(300);
    expect(names.has('AAPL') && names.has('MSFT')).toBe(true);
  });

  it('spread a walk with the square root of the distance', () => {
    const walk = sample(field('x', { kind: 'double' }), 'walk(100, 1)', 40_000, {
      symbol: 'A',
    }).map(Number);
    const spread = (distance: number) =>
      Math.sqrt(
        mean(walk.slice(distance).map((value, index) => Math.log(value / (walk[index] ?? 1)) ** 2)),
      );
    const growth = spread(1_024) / spread(64);
    expect(growth).toBeGreaterThan(2.5);
    expect(growth).toBeLessThan(6.5);
  });

  it('choose among texts that may hold commas', () => {
    const values = new Set(
      sample(field('s', { kind: 'string' }), "choice(a, 'b, c', \"it's\")", 200),
    );
    expect(values).toEqual(new Set(['a', 'b, c', "it's"]));
  });

  it('count with sequence and repeat with constant', () => {
    expect(sample(field('n', { kind: 'long' }), 'sequence(5)', 3)).toEqual([5n, 6n, 7n]);
    expect(sample(field('b', { kind: 'boolean' }), 'constant(true)', 2)).toEqual([true, true]);
  });

  it('keep numbers within the range of their type', () => {
    expect(sample(field('i', { kind: 'int' }), 'constant(1e12)', 1)).toEqual([2 ** 31 - 1]);
    expect(
      sample(field('d', { kind: 'decimal', precision: 4, scale: 2 }), 'constant(-1e12)', 1),
    ).toEqual([-9_999n]);
    expect(sample(field('m', { kind: 'money', currency: 'EUR' }), 'constant(1.25)', 1)).toEqual([
      125n,
    ]);
  });
});

describe('fields without a generator', () => {
  it('get values that the row encoder accepts, for every type', () => {
    const types: readonly (readonly [FieldType, unknown])[] = [
      [{ kind: 'string' }, 'string'],
      [{ kind: 'boolean' }, 'boolean'],
      [{ kind: 'int' }, 'int'],
      [{ kind: 'long' }, 'long'],
      [{ kind: 'float' }, 'float'],
      [{ kind: 'double' }, 'double'],
      [{ kind: 'money', currency: 'USD' }, 'long'],
      [
        { kind: 'decimal', precision: 9, scale: 8 },
        { type: 'bytes', logicalType: 'decimal', precision: 9, scale: 8 },
      ],
      [{ kind: 'date' }, { type: 'int', logicalType: 'date' }],
      [{ kind: 'timestamp_millis' }, { type: 'long', logicalType: 'timestamp-millis' }],
      [{ kind: 'timestamp_micros' }, { type: 'long', logicalType: 'timestamp-micros' }],
      [{ kind: 'bytes' }, 'bytes'],
      [
        { kind: 'enum', symbols: ['A', 'B'] },
        { type: 'enum', name: 'e', symbols: ['A', 'B'] },
      ],
      [
        { kind: 'list', element: { kind: 'string' } },
        { type: 'array', items: 'string' },
      ],
      [
        { kind: 'map', value: { kind: 'long' } },
        { type: 'map', values: 'long' },
      ],
      [
        { kind: 'record', fields: [field('cost', { kind: 'money', currency: 'USD' })] },
        { type: 'record', name: 'n', fields: [{ name: 'cost_cents', type: 'long' }] },
      ],
    ];
    const fields = [
      field('id', { kind: 'string' }),
      ...types.map(([type], index) => field(`f${index}`, type)),
    ];
    const schema = {
      type: 'record',
      name: 'r',
      fields: [
        { name: 'id', type: 'string' },
        ...types.map(([type, avro], index) => ({
          name: type.kind === 'money' ? `f${index}_cents` : `f${index}`,
          type: avro,
        })),
      ],
    };
    const stream = tradeStream({
      fields,
      identity: ['id'],
      key: 'id',
      eventTime: null,
      generate: {},
      quality: [],
    });
    const eventAt = createEventGenerator({
      stream,
      seed: 's',
      run: 1,
      startMs: 0,
      eventsPerSecond: 1,
      faults: NO_FAULTS,
    });
    const encode = createRowEncoder(schema, fields);
    for (let index = 0; index < 200; index++)
      expect(encode(eventAt(index).row).length).toBeGreaterThan(40);
  });

  it('take their examples', () => {
    const values = new Set(
      sample(field('s', { kind: 'string' }, { examples: ['x', 'y'] }), undefined, 50),
    );
    expect(values).toEqual(new Set(['x', 'y']));
  });
});

describe('checkGeneratorCall', () => {
  it('accepts a call that fits its field', () => {
    expect(checkGeneratorCall('walk(100, 0.02)', field('x', { kind: 'double' }))).toBeNull();
  });

  it.each([
    ['an unknown generator', 'wander(1)', 'expected one of walk(start, volatility), zipf'],
    ['no call at all', 'walk', 'expected one of walk(start, volatility)'],
    ['a missing argument', 'walk(1)', 'expected walk(start, volatility)'],
    ['an argument that is no number', 'uniform(a, b)', 'expected uniform(from, to)'],
    ['an empty argument', 'uniform(1,)', 'expected uniform(from, to)'],
    ['ends in the wrong order', 'uniform(2, 1)', 'with from <= to'],
    ['a zipf that would not fit in memory', 'zipf(1e12)', 'whole number from 1 to 1000000'],
    ['an open quote', "choice('a)", 'expected choice(a, b, …)'],
    ['a text for a number', 'choice(1, x)', 'expected double, got "x"'],
    ['nothing', '', 'expected one of'],
  ])('refuses %s', (_name, call, message) => {
    expect(checkGeneratorCall(call, field('x', { kind: 'double' }))).toContain(message);
  });

  it('refuses numbers for a list and unknown symbols for an enum', () => {
    expect(
      checkGeneratorCall(
        'uniform(1, 2)',
        field('l', { kind: 'list', element: { kind: 'string' } }),
      ),
    ).toContain('cannot fill a field of type list');
    expect(
      checkGeneratorCall('choice(A, C)', field('e', { kind: 'enum', symbols: ['A', 'B'] })),
    ).toContain('expected one of A, B');
  });
});
