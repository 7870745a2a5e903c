import { createConfluentSchemaRegistry } from '#adapters/http/confluent-schema-registry.ts';
import { systemClock } from '#adapters/system/system-clock.ts';
import { describeSchemaRegistry } from '#test/contracts/schema-registry.contract.ts';
import { judgeOf } from './describe-adapters.ts';

const { endpoint } = judgeOf('apicurio');

describeSchemaRegistry('Confluent client on apicurio', async () => ({
  registry: createConfluentSchemaRegistry({
    url: `${endpoint}/apis/ccompat/v7`,
    auth: null,
    clock: systemClock,
    requestTimeoutMs: 10_000,
  }),
}));
