import path from 'node:path';
import { buildSync } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { generateSchemas } from '#app/generate-schemas.ts';
import {
  buildLakeWriterConfig,
  parseLakeWriterConfig,
  serializeLakeWriterConfig,
} from '#core/config/lambda-config.ts';
import { judgeRow } from '#core/delivery/judge-row.ts';
import { readRegistry } from '#core/schema/schema-files.ts';
import { compileIngestConfig } from '#runtime/lake-writer.ts';
import { loadExpressionChecks } from '#runtime/load-extensions.ts';
import { MARKET, projectOf } from '../core/config/project-fixture.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');

describe('the lake-writer with extensions', () => {
  it('applies them from the configuration that is deployed with it', () => {
    const text = MARKET.replace('rule: price > 0', 'rule: "fn:luhn_valid(trade_id)"');
    const project = projectOf({ 'domains/market.yaml': text }, loadExpressionChecks());
    const reading = readRegistry(generateSchemas({ project, files: [] }).writes);
    if (!reading.ok) throw new Error('no registry');
    const built = buildLakeWriterConfig(project, reading.registry, { domain: 'market' });
    const deployed = parseLakeWriterConfig(serializeLakeWriterConfig(built));
    expect(deployed.streams[0]?.extensions).toMatch(/^[0-9a-f]{64}$/);
    const [stream] = compileIngestConfig(deployed, { deadLetterUri: 's3://dead' }).streams;
    if (stream === undefined) throw new Error('no stream');
    const row = (trade_id: string) => ({
      source_system: 's',
      trade_id,
      symbol: 'a',
      timestamp: 0n,
      price: 1,
      size: 1,
      fee_cents: null,
    });
    expect(judgeRow(stream.plan, row('4111111111111111'), 0n).kind).toBe('accepted');
    expect(judgeRow(stream.plan, row('4111111111111112'), 0n)).toEqual({
      kind: 'rejected',
      reason: 'quality rule "fn_luhn_valid_trade_id" does not hold',
    });
  });

  it('has them in its bundle', () => {
    const { metafile } = buildSync({
      absWorkingDir: ROOT,
      entryPoints: ['lambdas/processors/lake-writer.ts'],
      outfile: 'index.mjs',
      write: false,
      bundle: true,
      packages: 'external',
      platform: 'node',
      format: 'esm',
      metafile: true,
    });
    expect(Object.keys(metafile.inputs)).toContain('extensions/functions.ts');
  });
});
