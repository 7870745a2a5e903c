import { describe, expect, it } from 'vitest';
import { changedValues } from '#embedded/assembly/changed-values.ts';

describe('changedValues', () => {
  it('finds nothing in equal values, whatever the order of their keys', () => {
    expect(changedValues({ a: 1, b: [{ c: null }] }, { b: [{ c: null }], a: 1 })).toEqual([]);
  });

  it('names the path of every changed leaf', () => {
    expect(changedValues({ a: [1, { b: 'x' }] }, { a: [2, { b: 'y' }] })).toEqual([
      { path: ['a', 0], before: 1, after: 2 },
      { path: ['a', 1, 'b'], before: 'x', after: 'y' },
    ]);
  });

  it('names what was added and what was removed', () => {
    expect(changedValues({ list: ['a'], old: 1 }, { list: ['a', 'b'] })).toEqual([
      { path: ['list', 1], before: undefined, after: 'b' },
      { path: ['old'], before: 1, after: undefined },
    ]);
  });

  it('sees a list and a map as different', () => {
    expect(changedValues([], {})).toEqual([{ path: [], before: [], after: {} }]);
  });
});
