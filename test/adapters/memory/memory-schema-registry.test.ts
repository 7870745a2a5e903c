import { MemorySchemaRegistry } from '#adapters/memory/memory-schema-registry.ts';
import { describeSchemaRegistry } from '#test/contracts/schema-registry.contract.ts';

describeSchemaRegistry('memory, with ids of Glue', async () => ({
  registry: new MemorySchemaRegistry('glue'),
}));
describeSchemaRegistry('memory, with ids of Confluent', async () => ({
  registry: new MemorySchemaRegistry('confluent'),
}));
