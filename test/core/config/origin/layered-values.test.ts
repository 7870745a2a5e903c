import { describe, expect, it } from 'vitest';
import { layeredValues, type ValueLayer } from '#core/config/origin/layered-values.ts';
import type { JsonSchema } from '#core/config/source/model-keys.ts';

/** A layer whose origins are `<file>:1` and the depth of the path. */
function layer(file: string, value: unknown): ValueLayer {
  return { value, originOf: (path) => ({ kind: 'file', file, line: 1, column: path.length + 1 }) };
}

/** Leaves as text: `a.b=1 file:1:2`. */
function leaves(layers: readonly ValueLayer[], schema: JsonSchema = {}): readonly string[] {
  return layeredValues([], layers, { root: schema, schema }).map(({ path, value, origin }) => {
    const place = origin.kind === 'default' ? 'default' : `${origin.file}:${origin.column}`;
    return `${path.join('.')}=${JSON.stringify(value)} ${place}`;
  });
}

const WITH_DEFAULTS: JsonSchema = {
  properties: {
    size: { default: 1 },
    retry: { properties: { count: {}, pause: {} }, default: { count: 3, pause: '1s' } },
    mode: { anyOf: [{}, { properties: { kind: {} } }] },
  },
};

describe('layered values', () => {
  it('merge mappings key by key, the last layer winning', () => {
    expect(leaves([layer('a', { x: 1, y: { z: 1 } }), layer('b', { y: { w: 2 }, x: 3 })])).toEqual([
      'x=3 b:2',
      'y.z=1 a:3',
      'y.w=2 b:3',
    ]);
  });

  it('replace lists whole', () => {
    expect(leaves([layer('a', { x: [1, 2] }), layer('b', { x: [] })])).toEqual(['x=[] b:2']);
  });

  it('let a null replace, and a mapping what is no mapping', () => {
    expect(leaves([layer('a', { x: { y: 1 } }), layer('b', { x: null })])).toEqual(['x=null b:2']);
    expect(
      leaves([layer('a', { x: { y: 1 } }), layer('b', { x: 2 }), layer('c', { x: { z: 3 } })]),
    ).toEqual(['x.z=3 c:3']);
  });

  it('leave out a layer that says nothing', () => {
    expect(leaves([layer('a', undefined), layer('b', { x: 1 }), layer('c', undefined)])).toEqual([
      'x=1 b:2',
    ]);
    expect(leaves([layer('a', undefined)])).toEqual([]);
  });

  it('fall back to the defaults of the schema, also below a mapping that says a part', () => {
    expect(leaves([layer('a', { retry: { count: 9 } })], WITH_DEFAULTS)).toEqual([
      'size=1 default',
      'retry.count=9 a:3',
      'retry.pause="1s" default',
    ]);
  });

  it('keep what may be text or a mapping as one value', () => {
    const values = leaves([layer('a', { mode: { kind: 'x' } })], WITH_DEFAULTS);
    expect(values).toContain('mode={"kind":"x"} a:2');
  });

  it('follow keys named like properties of every object', () => {
    const value = JSON.parse('{ "constructor": 1, "toString": { "x": 2 } }');
    expect(leaves([layer('a', value)], WITH_DEFAULTS)).toEqual(
      expect.arrayContaining(['constructor=1 a:2', 'toString.x=2 a:3']),
    );
  });
});
