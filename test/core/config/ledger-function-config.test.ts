import { describe, expect, it } from 'vitest';
import {
  buildLedgerFunctionConfig,
  parseLedgerFunctionConfig,
  serializeLedgerFunctionConfig,
} from '#core/config/ledger-function-config.ts';
import { evolveStream } from '#core/schema/evolution/stream-evolution.ts';
import { EMPTY_REGISTRY, type Registry } from '#core/schema/registry.ts';
import { issuesOf, projectOf } from './project-fixture.ts';

const PROJECT = projectOf();
const REGISTRY: Registry = {
  streams: PROJECT.domains
    .flatMap((domain) => domain.streams)
    .map((stream) => evolveStream(stream, null).schemas),
};
const CONFIG = buildLedgerFunctionConfig(PROJECT, REGISTRY, { domain: 'market' });

describe('buildLedgerFunctionConfig', () => {
  it('tells the ledger tables, schemas and times', () => {
    const id = REGISTRY.streams[0]?.schemaVersions[0]?.schemaVersionId;
    expect(CONFIG).toEqual({
      domain: 'market',
      streamNames: ['local-market'],
      retentionMs: 24 * 3_600_000,
      graceMs: 15 * 60_000,
      streams: [
        {
          name: 'trade',
          table: { database: 'local_market_bronze', table: 'trade' },
          schemaVersionIds: [id],
        },
      ],
      rejectedTable: { database: 'local_market_bronze', table: 'rejected' },
      ledgerTable: { database: 'local_ops', table: 'ledger' },
    });
  });

  it('refuses an unknown domain and missing schemas', () => {
    expect(() => buildLedgerFunctionConfig(PROJECT, REGISTRY, { domain: 'x' })).toThrow(
      'expected a domain (market), got "x"',
    );
    expect(() => buildLedgerFunctionConfig(PROJECT, EMPTY_REGISTRY, { domain: 'market' })).toThrow(
      'expected schemas of market.trade, got none; run "npm run generate"',
    );
  });

  it('survives being written and read, and names what is wrong with another text', () => {
    const text = serializeLedgerFunctionConfig(CONFIG);
    expect(parseLedgerFunctionConfig(text)).toEqual(CONFIG);
    expect(() => parseLedgerFunctionConfig(text.replace('"graceMs"', '"grace"'))).toThrow(
      /ledger configuration: .*graceMs/,
    );
  });
});

describe('the settings of the ledger', () => {
  const local = (ledger: string) => ({ 'config/environments/local.yaml': `ledger: ${ledger}\n` });

  it('are overridden by the environment', () => {
    const project = projectOf(local('{ every: 5m, grace: 90s }'));
    expect(project.environment.ledger).toEqual({ everyMinutes: 5, graceSeconds: 90 });
  });

  it.each([
    ['{ every: 90s }', /ledger\.every: expected whole minutes/],
    ['{ every: 31m }', /ledger\.every: expected a duration .*at most 30m/],
    ['{ grace: 48h }', /ledger\.grace: expected a duration .*at most 24h/],
  ])('are refused when they are %s', (ledger, issue) => {
    expect(issuesOf(local(ledger))).toMatch(issue);
  });
});
