import { describe, expect, it } from 'vitest';
import type { Stream } from '#core/config/project.ts';
import type { CompatibilityMode } from '#core/schema/evolution/compatibility-mode.ts';
import { COMPATIBILITY_MODES } from '#core/schema/evolution/compatibility-mode.ts';
import { evolveStream } from '#core/schema/evolution/stream-evolution.ts';
import type { Field, FieldType } from '#core/schema/field.ts';
import { field, historyOf, streamWith } from './evolution-fixture.ts';

const INT: FieldType = { kind: 'int' };
const LONG: FieldType = { kind: 'long' };
const STRING: FieldType = { kind: 'string' };
const symbols = (...names: readonly string[]): FieldType => ({ kind: 'enum', symbols: names });

/** Everything that is said when `after` is to follow the versions before it. */
function refusals(
  mode: CompatibilityMode,
  after: readonly Field[],
  ...before: readonly (readonly Field[])[]
): readonly string[] {
  const stream = (fields: readonly Field[], compatibility: CompatibilityMode): Stream =>
    streamWith(fields, { compatibility });
  const history = historyOf(...before.map((fields) => stream(fields, 'NONE')));
  return evolveStream(stream(after, mode), history).refused.map(
    ({ path, change, mode: rule, against, rule: why, remedy }) =>
      `${path}: ${change} | ${rule === undefined ? 'table' : `${rule} against version ${against}`}: ${why} | ${remedy}`,
  );
}

/** Modes that refuse a change from one version to the next. */
const refusing = (after: readonly Field[], before: readonly Field[]) =>
  COMPATIBILITY_MODES.filter((mode) => refusals(mode, after, before).length > 0);

describe('what each mode refuses', () => {
  const optional = { optional: true };
  it.each<[string, readonly Field[], readonly Field[], readonly CompatibilityMode[]]>([
    ['an optional field added', [field('x', INT, optional)], [], ['DISABLED']],
    ['an optional field removed', [], [field('x', INT, optional)], ['DISABLED']],
    [
      'a required field added',
      [field('x', INT)],
      [],
      ['BACKWARD', 'BACKWARD_TRANSITIVE', 'FULL', 'FULL_TRANSITIVE', 'DISABLED'],
    ],
    ['a required field with a default added', [field('x', INT, { default: 1 })], [], ['DISABLED']],
    [
      'a required field removed',
      [],
      [field('x', INT)],
      [
        'BACKWARD',
        'BACKWARD_TRANSITIVE',
        'FORWARD',
        'FORWARD_TRANSITIVE',
        'FULL',
        'FULL_TRANSITIVE',
        'DISABLED',
      ],
    ],
    [
      'a type widened',
      [field('x', LONG)],
      [field('x', INT)],
      ['FORWARD', 'FORWARD_TRANSITIVE', 'FULL', 'FULL_TRANSITIVE', 'DISABLED'],
    ],
    [
      'a symbol added',
      [field('x', symbols('a', 'b'))],
      [field('x', symbols('a'))],
      ['FORWARD', 'FORWARD_TRANSITIVE', 'FULL', 'FULL_TRANSITIVE', 'DISABLED'],
    ],
    [
      'a symbol removed',
      [field('x', symbols('a'))],
      [field('x', symbols('a', 'b'))],
      ['BACKWARD', 'BACKWARD_TRANSITIVE', 'FULL', 'FULL_TRANSITIVE', 'DISABLED'],
    ],
    [
      'another type: the table cannot follow',
      [field('x', STRING)],
      [field('x', INT)],
      [...COMPATIBILITY_MODES],
    ],
    [
      'another currency: the table cannot follow',
      [field('x', { kind: 'money', currency: 'EUR' })],
      [field('x', { kind: 'money', currency: 'USD' })],
      [...COMPATIBILITY_MODES],
    ],
  ])('%s', (_name, after, before, expected) => {
    expect(refusing(after, before)).toEqual(expected);
  });

  it('holds a transitive mode against versions that a plain one no longer looks at', () => {
    const history = [[field('x', symbols('a', 'b'))], [field('x', symbols('a', 'b', 'c'))], []];
    const back = [field('x', symbols('a', 'b', 'c'))];
    expect(refusals('FORWARD', back, ...history.slice(0, 2), history[2]!)).toEqual([]);
    expect(refusals('FORWARD_TRANSITIVE', back, ...history.slice(0, 2), history[2]!)).toHaveLength(
      1,
    );
  });
});

describe('words of refusals', () => {
  it.each<[CompatibilityMode, readonly Field[], readonly Field[], string]>([
    [
      'FORWARD',
      [field('x', LONG)],
      [field('x', INT)],
      'x: the type changed from int to long (since version 1) | FORWARD against version 1: consumers of version 1 read only what they can promote to int | restore the type, or add a new field beside it',
    ],
    [
      'FORWARD',
      [],
      [field('x', INT)],
      'x: a required field was removed (since version 1) | FORWARD against version 1: consumers of version 1 need a value of it and have no default | keep the field; only one that had a default or was optional can go',
    ],
    [
      'FORWARD',
      [field('y', INT, { aliases: ['x'] })],
      [field('x', INT)],
      'x: a required field was renamed to "y" (since version 1) | FORWARD against version 1: consumers of version 1 need a value of it and have no default | keep the name: earlier consumers look for it, and know no alias',
    ],
    [
      'FORWARD',
      [field('x', INT, { optional: true })],
      [field('x', INT)],
      'x: a required field became optional (since version 1) | FORWARD against version 1: consumers of version 1 cannot read null | keep it required, or add an optional field beside it',
    ],
    [
      'FORWARD',
      [field('x', symbols('a', 'b'))],
      [field('x', symbols('a'))],
      'x: the enum gained "b" (since version 1) | FORWARD against version 1: consumers of version 1 do not know the symbol | keep the symbols, or add a new field beside it',
    ],
    [
      'FORWARD',
      [field('x', { kind: 'decimal', precision: 12, scale: 2 })],
      [field('x', { kind: 'decimal', precision: 9, scale: 2 })],
      'x: the type changed from decimal(9,2) to decimal(12,2) (since version 1) | FORWARD against version 1: consumers of version 1 would read another value | restore the type, or add a new field beside it',
    ],
    [
      'DISABLED',
      [field('x', INT, { optional: true })],
      [],
      'compatibility: a new version was to be written | DISABLED against version 1: the stream takes no new version | restore the fields, or set another "compatibility"',
    ],
    [
      'NONE',
      [field('x', STRING)],
      [field('x', INT)],
      'x: the column could not take values of version 1 | table: the table has one column for every version, and producers of that version may still write | restore the type, or add a new field beside it',
    ],
    [
      'NONE',
      [field('x', { kind: 'money', currency: 'EUR' })],
      [field('x', { kind: 'money', currency: 'USD' })],
      'x_cents: the column would hold amounts of two currencies | table: the table keeps every earlier row, and its column has no currency of its own per row | restore the currency, or add a new field beside it',
    ],
  ])('under %s say what is wrong and what would be legal', (mode, after, before, text) => {
    expect(refusals(mode, after, before)).toEqual([text]);
  });
});
