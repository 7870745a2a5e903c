import { describe, expect, it } from 'vitest';
import type { GeneratedSchemas } from '#app/generate-schemas.ts';
import { type PlanRequest, planProject } from '#app/plan-project.ts';
import { readTemplate } from '#core/plan/template-resources.ts';
import { MARKET, parse } from '../core/config/project-fixture.ts';

const NOTHING: GeneratedSchemas = { writes: [], unchanged: [], refused: [], changes: [] };

/** Names that begin alike: `market` and `market_eu`. */
const TWO_DOMAINS = {
  'domains/market_eu.yaml': MARKET.replace('domain: market', 'domain: market_eu'),
};

function planOf(
  changes: Readonly<Record<string, string>> = {},
  request: Partial<Omit<PlanRequest, 'project' | 'origins'>> = {},
) {
  const reading = parse(changes);
  if (!reading.ok) throw new Error(JSON.stringify(reading.issues));
  const { project, origins } = reading;
  return planProject({
    project,
    origins,
    schemas: NOTHING,
    synthesis: { kind: 'outdated' },
    domain: null,
    ...request,
  });
}

const template = (stack: string) =>
  readTemplate(stack, { Resources: { a: { Type: 'AWS::Kinesis::Stream' } } });

describe('planProject', () => {
  it('tells values, limits and domains of one environment', () => {
    const plan = planOf();
    expect(plan).toMatchObject({ environment: 'local', domains: ['market'], ok: true });
    expect(plan.values.map(({ path }) => path.join('.'))).toContain('domains.market.writer.memory');
    expect(plan.limits.map(({ subject }) => subject)).toEqual([
      'shards of local-market',
      'readers of local-market',
      'dedupe memory',
      'batch of one shard',
      'files of trade',
      'commits of each table',
    ]);
  });

  it('knows no resources before the schemas are generated', () => {
    expect(planOf().stacks).toBeNull();
  });

  it('counts the resources of each stack by type', () => {
    const plan = planOf(
      {},
      {
        synthesis: { kind: 'done', templates: [template('sluice-local-market-ingestion')] },
      },
    );
    expect(plan.stacks).toEqual([
      {
        name: 'sluice-local-market-ingestion',
        resources: 1,
        types: { 'AWS::Kinesis::Stream': 1 },
        workers: [],
      },
    ]);
  });

  it('leaves other domains out when one is asked for, and keeps what all share', () => {
    const templates = [
      'sluice-local-market-eu-ingestion',
      'sluice-local-market-ingestion',
      'sluice-local-storage',
    ].map(template);
    const schemas: GeneratedSchemas = {
      ...NOTHING,
      writes: ['schemas/avro/market/trade/2.avsc', 'schemas/tables/market_eu/trade.json'].map(
        (path) => ({ path, text: '' }),
      ),
    };
    const plan = planOf(TWO_DOMAINS, {
      domain: 'market',
      synthesis: { kind: 'done', templates },
      schemas,
    });
    expect(plan.domains).toEqual(['market']);
    expect(plan.stacks?.map(({ name }) => name)).toEqual([
      'sluice-local-market-ingestion',
      'sluice-local-storage',
    ]);
    expect(plan.schemas.writes).toEqual(['schemas/avro/market/trade/2.avsc']);
    const domains = new Set(plan.values.map(({ path }) => (path[0] === 'domains' ? path[1] : '')));
    expect(domains).toEqual(new Set(['', 'market']));
  });

  it('fails for a broken limit', () => {
    const busy = MARKET.replace('key: symbol', 'key: symbol\n    rate: { peak: 1000x }');
    const plan = planOf({ 'domains/market.yaml': busy });
    expect(plan.ok).toBe(false);
    expect(plan.limits.filter(({ state }) => state === 'broken').length).toBeGreaterThan(0);
  });

  it('fails for a schema change that is not legal, and tells which', () => {
    const refused = [{ file: 'domains/market.yaml', path: 'streams.trade', message: 'removed' }];
    const plan = planOf({}, { schemas: { ...NOTHING, refused } });
    expect(plan.ok).toBe(false);
    expect(plan.schemas.refused).toEqual(['domains/market.yaml streams.trade: removed']);
  });

  it('fails when templates cannot be made, and still tells values and limits', () => {
    const plan = planOf({}, { synthesis: { kind: 'failed', problem: 'a name is too long' } });
    expect(plan).toMatchObject({ ok: false, stacks: null, problem: 'a name is too long' });
    expect(plan.limits.length).toBeGreaterThan(0);
  });

  it('does not fail for schemas that have to be written', () => {
    const writes = [{ path: 'schemas/registry.json', text: '' }];
    expect(planOf({}, { schemas: { ...NOTHING, writes } }).ok).toBe(true);
  });
});
