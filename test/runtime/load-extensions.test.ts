import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createExpressionChecks } from '#core/config/expression-checks.ts';
import { judgeRow } from '#core/delivery/judge-row.ts';
import { compileStreamPlan } from '#core/delivery/stream-plan.ts';
import { mappingHash } from '#core/schema/evolution/stream-evolution.ts';
import { hashSources, loadExpressionChecks } from '#runtime/load-extensions.ts';
import { issuesOf, MARKET, projectOf } from '../core/config/project-fixture.ts';
import { CORPUS_FUNCTIONS } from '../core/expression/corpus-functions.ts';

const checksOf = (sources: string) =>
  createExpressionChecks({ functions: CORPUS_FUNCTIONS, sources });
const streamOf = (text: string, sources = 'a') => {
  const [stream] =
    projectOf({ 'domains/market.yaml': text }, checksOf(sources)).domains[0]?.streams ?? [];
  if (stream === undefined) throw new Error('no stream');
  return stream;
};
const RULE = MARKET.replace('rule: price > 0', 'rule: "fn:half(price) > 0"');
const MAPPING = MARKET.replace('symbol: upper(symbol)', 'symbol: "fn:repeat(symbol, 2)"');

describe('sources of extensions', () => {
  it('are one version for one content, whatever the line ends, and another for any other', () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-extensions-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const write = (name: string, text: string): void => {
      mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
      writeFileSync(path.join(folder, name), text);
    };
    write('functions.ts', 'a\nb\n');
    const first = hashSources(folder);
    write('README.md', 'words');
    write('functions.ts', 'a\r\nb\r\n');
    expect(hashSources(folder)).toBe(first);
    write('rules/more.ts', 'c');
    const second = hashSources(folder);
    expect(second).not.toBe(first);
    write('rules/more.ts', 'd');
    expect(hashSources(folder)).not.toBe(second);
  });

  it('are those of this project', () => {
    const checks = loadExpressionChecks();
    expect(checks.extensionsOf(['fn:luhn_valid(x)'])).toMatch(/^[0-9a-f]{64}$/);
    expect(checks.extensionsOf(['upper(x)'])).toBeNull();
  });
});

describe('a stream that calls extensions', () => {
  it.each([
    ['a rule', RULE],
    ['a mapping', MAPPING],
  ])('from %s has another mapping version when their sources change', (_where, text) => {
    expect(mappingHash(streamOf(text, 'a'))).not.toBe(mappingHash(streamOf(text, 'b')));
    expect(mappingHash(streamOf(text, 'a'))).toBe(mappingHash(streamOf(text, 'a')));
  });

  it('is the only one to: others keep their version', () => {
    expect(streamOf(MARKET)).not.toHaveProperty('extensions');
    expect(mappingHash(streamOf(MARKET, 'a'))).toBe(mappingHash(streamOf(MARKET, 'b')));
  });

  it('is refused at its place for a name or type that does not fit', () => {
    const wrong = RULE.replace('fn:half(price)', 'fn:haf(price)');
    expect(issuesOf({ 'domains/market.yaml': wrong }, checksOf('a'))).toMatch(
      /^domains\/market\.yaml:\d+:\d+ streams\.trade\.quality\[0\]\.rule: column 1: unknown function "fn:haf"; did you mean "fn:half"\?$/,
    );
    const text = MAPPING.replace('fn:repeat(symbol, 2)', 'fn:half(price)');
    expect(issuesOf({ 'domains/market.yaml': text }, checksOf('a'))).toContain(
      'gives double, but column symbol is string',
    );
  });

  it('is judged row by row: what a function does wrong rejects its row', () => {
    const stream = streamOf(RULE.replace('fn:half(price) > 0', "fn:throws(symbol) = ''"));
    const plan = compileStreamPlan(stream, { mappingVersion: 1, functions: CORPUS_FUNCTIONS });
    const row = {
      source_system: 's',
      trade_id: 't',
      symbol: 'hidden',
      timestamp: 0n,
      price: 1,
      size: 1,
      fee_cents: null,
    };
    const verdict = judgeRow(plan, row, 0n);
    expect(verdict).toEqual({
      kind: 'rejected',
      reason: `expression "fn:throws(symbol) = ''", column 1: fn:throws threw TypeError`,
    });
  });

  it('cannot be compiled without its functions', () => {
    expect(() => compileStreamPlan(streamOf(RULE), { mappingVersion: 1 })).toThrow(
      'unknown function "fn:half"',
    );
  });
});
