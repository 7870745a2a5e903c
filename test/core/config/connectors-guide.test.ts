import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { compileJsonPath } from '#adapters/jsonpath/compile-json-path.ts';
import { issuesOf, MARKET, projectOf } from './project-fixture.ts';

const GUIDE = readFileSync(
  path.resolve(import.meta.dirname, '../../../docs/connectors.md'),
  'utf8',
);
const EXAMPLES = [...GUIDE.matchAll(/```yaml\n(connectors:\n.*?)```/gs)].map(
  ([, text = '']) => text,
);
const OPTIONS = { compileJsonPath };

/** Domains of the fixture know the environments local and prod only. */
function domainWith(example: string): Readonly<Record<string, string>> {
  const text = example.replace('environments: [dev]', 'environments: [local]');
  return { 'domains/market.yaml': `${MARKET}${text}` };
}

describe('the examples of docs/connectors.md', () => {
  it.each(EXAMPLES)('are valid: %s', (example) => {
    expect(issuesOf(domainWith(example), OPTIONS)).toBe('');
  });

  it('show every kind that runs on a schedule', () => {
    const kinds = EXAMPLES.flatMap(
      (example) => projectOf(domainWith(example), OPTIONS).domains[0]?.connectors ?? [],
    ).map(({ kind }) => kind);
    expect(kinds).toEqual(['http-poll', 'generator']);
  });
});
