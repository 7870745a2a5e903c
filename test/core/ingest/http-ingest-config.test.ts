import { describe, expect, it } from 'vitest';
import { generateSchemas } from '#app/generate-schemas.ts';
import { hasCode } from '#core/errors.ts';
import {
  buildHttpIngestConfig,
  parseHttpIngestConfig,
  serializeHttpIngestConfig,
} from '#core/ingest/http-ingest-config.ts';
import { EMPTY_REGISTRY } from '#core/schema/registry.ts';
import { readRegistry } from '#core/schema/schema-files.ts';
import { MARKET, projectOf } from '../config/project-fixture.ts';

const CONNECTOR =
  'connectors:\n  api: { kind: http-ingest, streams: [trade], max_body: 2MB, max_events: 7 }\n';
const DEFAULTED = '      at: { type: timestamp_micros, default: "2026-01-31T00:00:00Z" }\n';

function setUp(connector = CONNECTOR) {
  const text = MARKET.replace('      size: double\n', `      size: double\n${DEFAULTED}`);
  const project = projectOf({ 'domains/market.yaml': `${text}${connector}` });
  const reading = readRegistry(generateSchemas({ project, files: [] }).writes);
  if (!reading.ok) throw new Error('the fixture has no valid schemas');
  return { project, domain: project.domains[0]!, registry: reading.registry };
}

describe('the configuration of an ingestion function', () => {
  it('is none for a domain without connector', () => {
    const { project, domain, registry } = setUp('');
    expect(buildHttpIngestConfig(project, domain, registry)).toBeNull();
  });

  it('holds the newest schema and the limits of each stream', () => {
    const { project, domain, registry } = setUp();
    expect(buildHttpIngestConfig(project, domain, registry)).toMatchObject({
      domain: 'market',
      streams: [
        {
          name: 'trade',
          buffer: `${project.environment.name}-market`,
          key: 'symbol',
          identity: ['source_system', 'trade_id'],
          schemaVersionId: registry.streams[0]?.schemaVersions.at(-1)?.schemaVersionId,
          maxBodyBytes: 2_000_000,
          maxEvents: 7,
        },
      ],
    });
  });

  it('comes back from its text, 64-bit defaults included', () => {
    const { project, domain, registry } = setUp();
    const config = buildHttpIngestConfig(project, domain, registry)!;
    expect(parseHttpIngestConfig(serializeHttpIngestConfig(config))).toEqual(config);
  });

  it('is refused with every key that is wrong', () => {
    expect(() => parseHttpIngestConfig('{"domain":7,"streams":[]}')).toThrow(
      /http-ingest configuration: domain: .*; streams: .*; deploy the function and its configuration together/,
    );
  });

  it('needs generated schemas', () => {
    const { project, domain } = setUp();
    expect(() => buildHttpIngestConfig(project, domain, EMPTY_REGISTRY)).toThrow(
      expect.toSatisfy((error) => hasCode(error, 'CONFIG_INVALID')),
    );
  });
});
