import { describe, expect, it } from 'vitest';
import { generateSchemas } from '#app/generate-schemas.ts';
import { hasCode } from '#core/errors.ts';
import {
  buildHttpPollConfig,
  parseHttpPollConfig,
  serializeHttpPollConfig,
} from '#core/poll/poll-config.ts';
import { EMPTY_REGISTRY } from '#core/schema/registry.ts';
import { readRegistry } from '#core/schema/schema-files.ts';
import { MARKET, projectOf } from '../config/project-fixture.ts';

const CONNECTOR = `connectors:
  api: { kind: http-ingest, streams: [trade] }
  prices:
    kind: http-poll
    stream: trade
    every: 5m
    url: "https://api.example.com/t?since=\${cursor}"
    auth: { basic: { user: me, password: "\${secret:prices_password}" } }
    select: { source_system: "'A'", trade_id: id, symbol: s, timestamp: t, price: p, size: q }
    cursor: { initial: 0, from: id, order: max }
    pagination: { page: { param: page } }
`;

function setUp(connectors = CONNECTOR) {
  const project = projectOf({ 'domains/market.yaml': `${MARKET}${connectors}` });
  const reading = readRegistry(generateSchemas({ project, files: [] }).writes);
  if (!reading.ok) throw new Error('the fixture has no valid schemas');
  return { project, domain: project.domains[0]!, registry: reading.registry };
}

describe('the configuration of an http-poll function', () => {
  it('is none for a domain without such a connector', () => {
    const { project, domain, registry } = setUp('connectors: {}\n');
    expect(buildHttpPollConfig(project, domain, registry)).toBeNull();
  });

  it('holds its connectors, their streams with the newest schema, and where their secrets are', () => {
    const { project, domain, registry } = setUp();
    expect(buildHttpPollConfig(project, domain, registry)).toMatchObject({
      domain: 'market',
      connectors: [{ name: 'prices', kind: 'http-poll' }],
      streams: [
        {
          name: 'trade',
          buffer: 'local-market',
          schemaVersionId: registry.streams[0]?.schemaVersions.at(-1)?.schemaVersionId,
        },
      ],
      secrets: { places: { prices_password: expect.anything() } },
    });
  });

  it('comes back from its text', () => {
    const { project, domain, registry } = setUp();
    const config = buildHttpPollConfig(project, domain, registry)!;
    expect(parseHttpPollConfig(serializeHttpPollConfig(config))).toEqual(config);
  });

  it('is refused with every key that is wrong', () => {
    expect(() => parseHttpPollConfig('{"domain":7,"connectors":[],"streams":[]}')).toThrow(
      /http-poll configuration: domain: .*; connectors: .*; streams: .*; secrets: .*; deploy the function/,
    );
  });

  it('needs generated schemas', () => {
    const { project, domain } = setUp();
    expect(() => buildHttpPollConfig(project, domain, EMPTY_REGISTRY)).toThrow(
      expect.toSatisfy((error) => hasCode(error, 'CONFIG_INVALID')),
    );
  });
});
