import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hasCode } from '#core/errors.ts';
import { definitionKey } from '#core/schema/definition-text.ts';
import type { CompatibilityMode } from '#core/schema/evolution/compatibility-mode.ts';
import { wireFormatOf } from '#core/schema/wire-schema-id.ts';
import type { SchemaRegistry } from '#ports/schema-registry.ts';

export interface SchemaRegistryUnderTest {
  readonly registry: SchemaRegistry;
  readonly close?: () => Promise<void>;
}

type Field = Readonly<Record<string, unknown>>;

const PRICE: Field = { name: 'price', type: 'double' };
const NOTE: Field = { name: 'note', type: ['null', 'string'], default: null };
const SIZE: Field = { name: 'size', type: 'long' };

export function definitionOf(fields: readonly Field[], more: Field = {}): string {
  return JSON.stringify({ type: 'record', name: 'trade', namespace: 'x', fields, ...more });
}

const V1 = definitionOf([PRICE]);
const V2 = definitionOf([PRICE, NOTE]);

const code = (expected: Parameters<typeof hasCode>[1]) =>
  expect.toSatisfy((error) => hasCode(error, expected));

/** What every SchemaRegistry keeps to; each adapter runs it. */
export function describeSchemaRegistry(
  name: string,
  setup: () => Promise<SchemaRegistryUnderTest>,
  /** `judges`: it really refuses what a mode does not allow. @default true */
  options: { readonly judges?: boolean } = {},
): void {
  describe(`schema registry contract: ${name}`, () => {
    let tested: SchemaRegistryUnderTest;
    let subject: string;
    beforeEach(async () => {
      tested = await setup();
      subject = `market.trade-${randomUUID().slice(0, 8)}`;
    });
    afterEach(() => tested.close?.());
    const register = (definition: string, compatibility?: CompatibilityMode) =>
      tested.registry.register(
        subject,
        definition,
        compatibility === undefined ? {} : { compatibility },
      );

    it('knows nothing of a subject before its first version', async () => {
      const { registry } = tested;
      expect(await registry.versions(subject)).toEqual([]);
      expect(await registry.lookup(subject, V1)).toBeNull();
      expect(await registry.compatibility(subject)).toBeNull();
    });

    it('numbers the versions of a subject from 1', async () => {
      const first = await register(V1);
      const second = await register(V2);
      expect([first.version, second.version]).toEqual([1, 2]);
      expect(first.subject).toBe(subject);
      expect(first.id).not.toBe(second.id);
    });

    it('gives ids that its header can carry', async () => {
      const { id } = await register(V1);
      expect(wireFormatOf(id)).toBe(tested.registry.wireFormat);
    });

    it('gives a version out by its id', async () => {
      // A definition of its own: a registry may give one definition one id in all subjects.
      const own = definitionOf([PRICE, NOTE], { doc: subject });
      const registered = await register(own);
      const found = await tested.registry.get(registered.id);
      expect(found).toMatchObject({ id: registered.id, version: 1 });
      expect(definitionKey(found!.definition)).toBe(definitionKey(own));
    });

    it('finds a version by its definition', async () => {
      const { id } = await register(V1);
      expect(await tested.registry.lookup(subject, V1)).toBe(id);
      expect(await tested.registry.lookup(subject, V2)).toBeNull();
    });

    it('takes a repeated registration for what it is', async () => {
      const first = await register(V1);
      const second = await register(V2);
      expect(await register(V1)).toMatchObject({ id: first.id, version: 1 });
      expect(await register(V2)).toMatchObject({ id: second.id, version: 2 });
      expect(await tested.registry.versions(subject)).toHaveLength(2);
    });

    it('takes the same schema with other spaces for the same', async () => {
      const { id } = await register(V1);
      const spaced = JSON.stringify(JSON.parse(V1), null, 2);
      expect(await tested.registry.lookup(subject, spaced)).toBe(id);
    });

    it('gives one version to producers that register it at once', async () => {
      await register(V1);
      const registered = await Promise.all(Array.from({ length: 6 }, () => register(V2)));
      expect(new Set(registered.map(({ id }) => id)).size).toBe(1);
      expect(await tested.registry.versions(subject)).toHaveLength(2);
    });

    it('lists the versions, oldest first, with their definitions', async () => {
      await register(V1);
      await register(V2);
      const versions = await tested.registry.versions(subject);
      expect(versions.map(({ version }) => version)).toEqual([1, 2]);
      expect(versions.map(({ definition }) => definitionKey(definition))).toEqual(
        [V1, V2].map(definitionKey),
      );
    });

    it('knows nobody of an id that nobody was given', async () => {
      const unknown = tested.registry.wireFormat === 'glue' ? randomUUID() : '2147483000';
      expect(await tested.registry.get(unknown)).toBeNull();
    });

    it('keeps subjects apart', async () => {
      await register(V1);
      const other = `${subject}-other`;
      await tested.registry.register(other, V2);
      expect(await tested.registry.lookup(other, V1)).toBeNull();
      expect((await tested.registry.versions(other)).map(({ version }) => version)).toEqual([1]);
    });

    it('refuses what is no schema', async () => {
      await expect(register('{"type":"record"}')).rejects.toEqual(code('SCHEMA_INCOMPATIBLE'));
      await expect(register('no json')).rejects.toEqual(code('SCHEMA_INCOMPATIBLE'));
    });

    it('creates a subject with the mode that is asked for, and changes it', async () => {
      await register(V1, 'FULL_TRANSITIVE');
      expect(await tested.registry.compatibility(subject)).toBe('FULL_TRANSITIVE');
      for (const mode of ['BACKWARD', 'FORWARD_TRANSITIVE', 'NONE'] as const) {
        await tested.registry.setCompatibility(subject, mode);
        expect(await tested.registry.compatibility(subject)).toBe(mode);
      }
    });

    it('has no mode to change of a subject that is not there', async () => {
      await expect(tested.registry.setCompatibility(subject, 'FULL')).rejects.toEqual(
        code('SCHEMA_UNKNOWN'),
      );
    });

    // A registry that judges nothing is held to the rest.
    const judges = options.judges !== false;
    if (judges)
      it.each<[CompatibilityMode, string, string, string]>([
        ['BACKWARD', 'a field without a default', V1, definitionOf([PRICE, SIZE])],
        ['FORWARD', 'the loss of a field', definitionOf([PRICE, SIZE]), V1],
        ['FULL', 'a field without a default', V1, definitionOf([PRICE, SIZE])],
        ['FULL', 'the loss of a field', definitionOf([PRICE, SIZE]), V1],
      ])('under %s refuses %s, and keeps what it has', async (mode, _what, before, after) => {
        const { id } = await register(before, mode);
        await expect(register(after)).rejects.toEqual(code('SCHEMA_INCOMPATIBLE'));
        expect(await tested.registry.lookup(subject, after)).toBeNull();
        expect((await tested.registry.versions(subject)).map((version) => version.id)).toEqual([
          id,
        ]);
      });

    it.each<[CompatibilityMode, string, string, string]>([
      ['BACKWARD', 'the loss of a field', definitionOf([PRICE, SIZE]), V1],
      ['FORWARD', 'a field without a default', V1, definitionOf([PRICE, SIZE])],
      ['FULL', 'an optional field', V1, V2],
      ['NONE', 'another type', V1, definitionOf([{ ...PRICE, type: 'string' }])],
    ])('under %s takes %s', async (mode, _what, before, after) => {
      await register(before, mode);
      expect(await register(after)).toMatchObject({ version: 2 });
    });

    if (judges)
      it('holds a transitive mode against every version, a plain one against the last', async () => {
        const back = definitionOf([{ ...NOTE, name: 'price', type: ['null', 'string'] }]);
        await register(V1, 'NONE');
        await register(definitionOf([NOTE]));
        await tested.registry.setCompatibility(subject, 'BACKWARD');
        await expect(register(back)).resolves.toMatchObject({ version: 3 });
        const other = `${subject}-all`;
        await tested.registry.register(other, V1, { compatibility: 'BACKWARD_TRANSITIVE' });
        await tested.registry.register(other, definitionOf([NOTE]));
        await expect(tested.registry.register(other, back)).rejects.toEqual(
          code('SCHEMA_INCOMPATIBLE'),
        );
      });
  });
}
