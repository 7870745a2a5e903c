import { describe, expect, it } from 'vitest';
import { parseEventPattern } from '#embedded/eventbridge/event-pattern.ts';

const matches = (pattern: unknown, event: unknown): boolean =>
  parseEventPattern(JSON.stringify(pattern))(event);

/** Leaf alternatives against one value. */
const fits = (leaf: unknown, value: unknown): boolean => matches({ a: [leaf] }, { a: value });

describe('a leaf', () => {
  it.each<[name: string, leaf: unknown, yes: readonly unknown[], no: readonly unknown[]]>([
    ['a text', 'x', ['x', ['y', 'x']], ['X', '', null, ['y']]],
    ['an empty text', '', [''], ['x', null]],
    ['null', null, [null], ['', 0, false]],
    ['a number', 300, [300], [301, '300']],
    ['prefix', { prefix: 'in/' }, ['in/a'], ['out/in/', 7]],
    ['prefix of any case', { prefix: { 'equals-ignore-case': 'IN/' } }, ['in/a', 'In/b'], ['a']],
    ['suffix', { suffix: '.csv' }, ['a.csv'], ['a.CSV']],
    ['suffix of any case', { suffix: { 'equals-ignore-case': '.csv' } }, ['a.CSV'], ['a.cs']],
    ['text of any case', { 'equals-ignore-case': 'Alice' }, ['aLICE'], ['Bob']],
    ['wildcard', { wildcard: 'dir/*.png' }, ['dir/a.png', 'dir/.png'], ['dir/a.jpg', 'x/dir/.png']],
    ['wildcards', { wildcard: '*a*b*' }, ['ab', 'xaxbx'], ['ba', 'a']],
    ['escaped wildcard', { wildcard: 'a\\*\\\\*' }, ['a*\\', 'a*\\z'], ['ab\\']],
    ['wildcard ends that overlap', { wildcard: 'aba*ba' }, ['ababa'], ['aba']],
    ['range', { numeric: ['>', 0, '<=', 5] }, [5, 0.1], [0, 5.1, '3']],
    ['equal number', { numeric: ['=', 3.018e2] }, [301.8], [301]],
    ['IPv4 range', { cidr: '10.0.0.0/24' }, ['10.0.0.255'], ['10.0.1.0', 'x', '::a00:0']],
    ['IPv6 range', { cidr: '2001:db8::/32' }, ['2001:db8:1::1'], ['2001:db9::', '10.0.0.1']],
    ['anything but a text', { 'anything-but': 'x' }, ['y', 1, ['x', 'y']], ['x']],
    ['anything but a list', { 'anything-but': [1, 2] }, [3], [1, 2]],
    ['anything but a prefix', { 'anything-but': { prefix: 'us-' } }, ['eu-1'], ['us-1']],
    [
      'anything but suffixes',
      { 'anything-but': { suffix: ['.a', '.b'] } },
      ['x.c'],
      ['x.a', 'x.b'],
    ],
    [
      'anything but, any case',
      { 'anything-but': { 'equals-ignore-case': ['A', 'b'] } },
      ['c'],
      ['a', 'B'],
    ],
    [
      'anything but a wildcard',
      { 'anything-but': { wildcard: '*/lib/*' } },
      ['/bin/'],
      ['x/lib/y'],
    ],
  ])('compares with %s', (_name, leaf, yes, no) => {
    for (const value of yes) expect(fits(leaf, value), JSON.stringify(value)).toBe(true);
    for (const value of no) expect(fits(leaf, value), JSON.stringify(value)).toBe(false);
  });

  it('is satisfied by any of its alternatives', () => {
    expect(matches({ a: ['x', { prefix: 'y' }] }, { a: 'yes' })).toBe(true);
    expect(matches({ a: ['x', { prefix: 'y' }] }, { a: 'no' })).toBe(false);
  });

  it('tells fields that are there from those that are not', () => {
    expect(matches({ a: { b: [{ exists: true }] } }, { a: { b: null } })).toBe(true);
    expect(matches({ a: { b: [{ exists: true }] } }, { a: {} })).toBe(false);
    expect(matches({ a: { b: [{ exists: false }] } }, {})).toBe(true);
    expect(matches({ a: [{ 'anything-but': 'x' }] }, {})).toBe(false);
  });
});

describe('a pattern', () => {
  it('needs every field', () => {
    const pattern = { source: ['aws.s3'], detail: { object: { key: [{ prefix: 'in/' }] } } };
    expect(matches(pattern, { source: 'aws.s3', detail: { object: { key: 'in/a' } } })).toBe(true);
    expect(matches(pattern, { source: 'aws.s3', detail: { object: {} } })).toBe(false);
  });

  it('takes one of the alternatives of $or, beside other fields', () => {
    const pattern = { a: ['x'], $or: [{ b: [1] }, { c: { d: [{ numeric: ['>', 9] }] } }] };
    expect(matches(pattern, { a: 'x', b: 1 })).toBe(true);
    expect(matches(pattern, { a: 'x', c: { d: 10 } })).toBe(true);
    expect(matches(pattern, { a: 'x', b: 2 })).toBe(false);
    expect(matches(pattern, { b: 1 })).toBe(false);
  });

  it('matches the fields of one element of a list together', () => {
    const pattern = { items: { kind: ['a'], size: [1] } };
    const items = [
      { kind: 'a', size: 2 },
      { kind: 'b', size: 1 },
    ];
    expect(matches(pattern, { items })).toBe(false);
    expect(matches(pattern, { items: [...items, { kind: 'a', size: 1 }] })).toBe(true);
  });

  it.each([
    [[], /not an object/],
    [{}, /Empty patterns/],
    [{ a: 'x' }, /must be an object or an array/],
    [{ a: [] }, /Empty arrays/],
    [{ a: {} }, /empty object/],
    [{ a: [{ contains: 'x' }] }, /Unrecognized match type contains/],
    [{ a: [{ prefix: 'x', suffix: 'y' }] }, /one comparison/],
    [{ a: [{ exists: 1 }] }, /true or false/],
    [{ a: [{ numeric: ['>', 0, '<'] }] }, /numeric/],
    [{ a: [{ numeric: ['>', 6e9] }] }, /between/],
    [{ a: [{ cidr: '10.0.0.0/33' }] }, /CIDR/],
    [{ a: [{ wildcard: 'a**b' }] }, /Consecutive wildcard/],
    [{ a: [{ 'anything-but': { cidr: 'x' } }] }, /Unsupported anything-but/],
  ])('is refused when it is %j', (pattern, message) => {
    expect(() => parseEventPattern(JSON.stringify(pattern))).toThrow(message);
  });
});
