import { beforeEach, describe, expect, it } from 'vitest';
import { MemorySchemaRegistry } from '#adapters/memory/memory-schema-registry.ts';
import { producerSchemaId } from '#app/producer-schema-id.ts';
import { hasCode } from '#core/errors.ts';
import { openRegistryIds } from '#runtime/registry-ids.ts';
import { definitionOf } from '#test/contracts/schema-registry.contract.ts';

const V1 = definitionOf([{ name: 'price', type: 'double' }]);
const V2 = definitionOf([{ name: 'price', type: 'string' }]);
const OWN = '0af13c2e-5b1d-4f6a-9c3e-0123456789ab';
const schema = { domain: 'market', name: 'trade', avro: V2, schemaVersionId: OWN };
const earlier = (compatibility: 'BACKWARD' | 'DISABLED') => ({ earlier: [V1], compatibility });

let registry: MemorySchemaRegistry;
beforeEach(() => {
  registry = new MemorySchemaRegistry('glue');
});

describe('producerSchemaId', () => {
  it('is our own id without a registry', async () => {
    expect(await producerSchemaId(null, schema, null)).toBe(OWN);
  });

  it("is the registry's id of the definition, whatever its spaces", async () => {
    const { id } = await registry.register('market.trade', V2);
    const spaced = { ...schema, avro: JSON.stringify(JSON.parse(V2), null, 2) };
    expect(await producerSchemaId(registry, spaced, null)).toBe(id);
  });

  it('is none when the definition is not there and must not be registered', async () => {
    await expect(producerSchemaId(registry, schema, null)).rejects.toSatisfy((e) =>
      hasCode(e, 'SCHEMA_UNKNOWN'),
    );
    expect(await registry.versions('market.trade')).toEqual([]);
  });

  it('registers the earlier versions first, so that numbers agree', async () => {
    const id = await producerSchemaId(registry, schema, earlier('BACKWARD'));
    const versions = await registry.versions('market.trade');
    expect(versions.map(({ version }) => version)).toEqual([1, 2]);
    expect(versions[1]?.id).toBe(id);
  });

  it('publishes a history that its mode would refuse now under NONE', async () => {
    await producerSchemaId(registry, schema, earlier('DISABLED'));
    expect(await registry.compatibility('market.trade')).toBe('NONE');
  });

  it('is at the subject of the record name in a Confluent registry', async () => {
    const confluent = new MemorySchemaRegistry('confluent');
    const id = await producerSchemaId(confluent, schema, earlier('BACKWARD'));
    expect(await confluent.lookup('sluice.market.trade', V2)).toBe(id);
  });
});

describe('openRegistryIds', () => {
  it('asks once, and again after a failure', async () => {
    const { id } = await registry.register('market.trade', V2);
    let asked = 0;
    const lookup = registry.lookup.bind(registry);
    registry.lookup = async (subject, definition) => {
      asked++;
      if (asked === 1) throw new Error('no answer');
      return await lookup(subject, definition);
    };
    const schemaIdOf = openRegistryIds('market', { registry });
    await expect(schemaIdOf(schema)).rejects.toThrow('no answer');
    expect([await schemaIdOf(schema), await schemaIdOf(schema)]).toEqual([id, id]);
    expect(asked).toBe(2);
  });
});
