import { describe, expect, it } from 'vitest';
import { kafkaTopics } from '#core/config/kafka-topics.ts';
import { issuesOf, MARKET, PLATFORM, projectOf } from '../project-fixture.ts';

const ARN =
  'arn:aws:kafka:us-east-1:000000000000:cluster/local/00000000-0000-0000-0000-000000000000-1';
const onKafka = { 'domains/market.yaml': `buffer: kafka\n${MARKET}` };
const inProd = (text: string) => ({
  'config/environments/prod.yaml': `log_retention: 90d\n${text}`,
});

describe('a domain with buffer: kafka', () => {
  it('gets the settings of the platform, its environment and itself, key by key', () => {
    const [domain] = projectOf({
      'config/environments/local.yaml': `kafka: { cluster_arn: "${ARN}", partitions: 6 }\n`,
      'domains/market.yaml': `buffer: kafka\n${MARKET}kafka: { pollers: none, generation: 2 }\n`,
    }).domains;
    expect(domain?.buffer).toBe('kafka');
    expect(domain?.kafka).toEqual({
      clusterArn: ARN,
      network: null,
      partitions: 6,
      replication: 3,
      minInSync: 2,
      pollers: null,
      validate: false,
      generation: 2,
    });
  });

  it('has its topics, by name, with the place they are at', () => {
    const project = projectOf({
      'config/environments/local.yaml': `kafka: { cluster_arn: "${ARN}" }\n`,
      'domains/market.yaml': `buffer: kafka\ntopics: stream\n${MARKET}`,
    });
    expect([...kafkaTopics(project)]).toEqual([
      ['local.market.trade', { clusterArn: ARN, generation: 1 }],
    ]);
    expect(kafkaTopics(projectOf())).toEqual(new Map());
  });
});

describe('validation by Lambda', () => {
  it.each([
    ['pollers', 'kafka: { validate: true, pollers: none }\nschema_registry: { kind: glue }'],
    ['the Glue registry', 'kafka: { validate: true }'],
  ])('is refused without %s', (_name, text) => {
    expect(issuesOf({ ...onKafka, ...inProd(text) })).toMatch(
      /prod.yaml:2:.* kafka\.validate: expected pollers and schema_registry glue beside validate: true/,
    );
  });

  it('is taken with both', () => {
    const text = 'kafka: { validate: true }\nschema_registry: { kind: glue }\n';
    const files = { ...onKafka, 'config/environments/local.yaml': text };
    expect(projectOf(files).domains[0]?.kafka.validate).toBe(true);
  });
});

describe('copies of topics', () => {
  it.each([
    ['fewer than three', 'kafka: { replication: 2, min_insync: 1 }'],
    ['writes that one copy acknowledges', 'kafka: { min_insync: 1 }'],
  ])('are not %s where data is kept', (_name, text) => {
    expect(issuesOf({ ...onKafka, ...inProd(text) }, { environment: 'prod' })).toMatch(
      /prod.yaml:2:.* kafka\.\w+: expected replication of at least 3 and min_insync of at least 2 in environment "prod"/,
    );
  });

  it('may be one where data may be thrown away', () => {
    const local = `removal_policy: destroy\nkafka: { replication: 1, min_insync: 1 }\n`;
    expect(issuesOf({ ...onKafka, 'config/environments/local.yaml': local })).toBe('');
  });

  it('are not all needed for a write, which the first broker that is down would stop', () => {
    expect(issuesOf({ ...onKafka, ...inProd('kafka: { min_insync: 3 }') })).toMatch(
      /expected min_insync below replication in environment "prod", got 3 of 3/,
    );
  });

  it('are not more than the cluster of the environment has brokers', () => {
    const changes = { ...onKafka, ...inProd('kafka: { replication: 4 }') };
    expect(issuesOf(changes)).toMatch(/expected replication of at most 3 in environment "prod"/);
    const existing = inProd(`kafka: { replication: 4, cluster_arn: "${ARN}" }`);
    expect(issuesOf({ ...onKafka, ...existing })).toBe('');
  });
});

describe('mistakes in kafka settings', () => {
  it.each([
    ['cluster_arn: my-cluster', /expected the ARN of an MSK cluster/],
    ['pollers: many', /expected none, or pollers such as \{ min: 1, max: 2 \}/],
    ['partitions: 0', /kafka\.partitions: expected/],
    [
      'network: { subnets: [x], security_groups: [sg-0123456789abcdef0] }',
      /expected the id of a subnet/,
    ],
  ])('%s', (text, message) => {
    expect(issuesOf({ 'domains/market.yaml': `${MARKET}kafka: { ${text} }\n` })).toMatch(message);
  });

  it('of the cluster are told too', () => {
    const platform = PLATFORM.replace('broker: kafka.m7g.large', 'broker: large');
    expect(issuesOf({ 'config/platform.yaml': platform })).toMatch(/expected a broker type of MSK/);
  });
});
