import { randomUUID } from 'node:crypto';
import { Admin } from '@platformatic/kafka';
import type { KafkaConnection } from '#adapters/kafka/kafka-connection.ts';

/** Set by test/kafka/run-kafka.ts to the broker it started. */
const BOOTSTRAP = 'SLUICE_TEST_KAFKA';

/** The broker that these tests run against. */
export function testBroker(): KafkaConnection {
  const bootstrap = process.env[BOOTSTRAP];
  if (bootstrap === undefined) throw new Error(`${BOOTSTRAP} is not set; run npm run test:kafka`);
  return { bootstrap: [bootstrap], tokens: null };
}

/** What tests do to topics and the program never does. */
export function openTestAdmin(): Admin {
  return new Admin({
    clientId: 'sluice-test',
    bootstrapBrokers: [...testBroker().bootstrap],
    retries: 3,
  });
}

/** A topic of its own, as the template configures one. */
export async function createTopic(
  admin: Admin,
  options: {
    readonly partitions: number;
    readonly name?: string;
    readonly configs?: Readonly<Record<string, string>>;
  },
): Promise<string> {
  const { partitions, name = `test.${randomUUID()}`, configs = {} } = options;
  const all = {
    'max.message.bytes': '1310720',
    'message.timestamp.type': 'LogAppendTime',
    ...configs,
  };
  await admin.createTopics({
    topics: [name],
    partitions,
    replicas: 1,
    configs: Object.entries(all).map(([key, value]) => ({ name: key, value })),
  });
  return name;
}
