import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deepFreeze, mergeLayers } from '#core/config/resolve/merge-layers.ts';

fc.configureGlobal({ seed: 1 });

type Tree = { readonly [key: string]: Tree | number | readonly number[] | null };

const key = fc.constantFrom('a', 'b', 'c', 'constructor', 'toString');
const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc
    .array(
      fc.tuple(
        key,
        fc.oneof(
          { depthSize: 'small' },
          fc.integer(),
          fc.array(fc.integer(), { maxLength: 3 }),
          fc.constant(null),
          tie('tree'),
        ),
      ),
      { maxLength: 4 },
    )
    .map((entries) => Object.fromEntries(entries)),
}));

const merge = (...layers: readonly Tree[]): Tree =>
  mergeLayers<Tree>({}, ...(layers as readonly Record<string, never>[]));

const isMapping = (value: unknown): value is Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

describe('mergeLayers', () => {
  it('takes a value from the strongest layer that has it', () => {
    fc.assert(
      fc.property(tree, tree, tree, key, (platform, environment, domain, name) => {
        const owners = [domain, environment, platform].filter((layer) =>
          Object.hasOwn(layer, name),
        );
        const merged = merge(platform, environment, domain);
        expect(Object.hasOwn(merged, name)).toBe(owners.length > 0);
        const strongest = owners[0]?.[name];
        if (owners.length > 0 && !isMapping(strongest)) expect(merged[name]).toBe(strongest);
      }),
    );
  });

  it('merges mappings key by key', () => {
    fc.assert(
      fc.property(tree, tree, key, (below, above, name) => {
        const [lower, upper] = [below[name], above[name]];
        fc.pre(Object.hasOwn(below, name) && Object.hasOwn(above, name));
        if (isMapping(lower) && isMapping(upper)) {
          expect(merge(below, above)[name]).toEqual(merge(lower, upper));
        }
      }),
    );
  });

  it('gives the same one layer at a time as all at once', () => {
    fc.assert(
      fc.property(tree, tree, tree, (a, b, c) => {
        expect(merge(merge(a, b), c)).toEqual(merge(a, b, c));
      }),
    );
  });

  it('changes nothing with an empty layer or itself, and no argument ever', () => {
    fc.assert(
      fc.property(tree, tree, (a, b) => {
        const copy = structuredClone([a, b]);
        expect(merge(a, {})).toEqual(a);
        expect(merge({}, a)).toEqual(a);
        expect(merge(a, a)).toEqual(a);
        merge(a, b);
        expect([a, b]).toEqual(copy);
      }),
    );
  });

  it('skips undefined and lets null replace', () => {
    expect(mergeLayers({ a: 1, b: 2 }, { a: undefined })).toEqual({ a: 1, b: 2 });
    expect(mergeLayers<{ a: number | null }>({ a: 1 }, { a: null })).toEqual({ a: null });
  });
});

describe('deepFreeze', () => {
  it('freezes every level', () => {
    fc.assert(
      fc.property(tree, (value) => {
        const frozen = deepFreeze(structuredClone(value));
        const check = (part: unknown): void => {
          expect(Object.isFrozen(part)).toBe(true);
          if (typeof part === 'object' && part !== null) Object.values(part).forEach(check);
        };
        check(frozen);
      }),
    );
  });
});
