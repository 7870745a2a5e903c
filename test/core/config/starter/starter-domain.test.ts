import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Category } from '#core/config/category.ts';
import { expressionChecks } from '#core/config/expression-checks.ts';
import { parseProject } from '#core/config/parse-project.ts';
import { readCategories } from '#core/config/read-categories.ts';
import { formatIssue } from '#core/config/source/config-issue.ts';
import { starterDomain, starterStreamName } from '#core/config/starter/starter-domain.ts';
import { LOCAL, PLATFORM } from '../project-fixture.ts';

const FOLDER = path.resolve(import.meta.dirname, '../../../../config/categories');
const SHIPPED = readdirSync(FOLDER).map((file) => ({
  path: `config/categories/${file}`,
  text: readFileSync(path.join(FOLDER, file), 'utf8'),
}));
/** With types that no shipped category has. */
const ODD = {
  path: 'config/categories/odd.record.yaml',
  text: `category: odd.record
description: "Every type: at once"
fields:
  tags: { type: list, element: string }
  ratio: decimal(10,4)
  total: { type: money, currency: EUR }
  labels: { type: map, value: int }
  place: { type: record, fields: { city: string, floor: { type: int, optional: true }, note: { type: list, element: string, optional: true } } }
  side: { type: enum, symbols: ['yes', 'no'] }
`,
};
const CATEGORIES = [...SHIPPED, ODD];

/** Formatted issues of a project whose one domain is this text. */
function issuesOf(text: string): readonly string[] {
  const files = [
    { path: 'config/platform.yaml', text: PLATFORM },
    { path: 'config/environments/local.yaml', text: LOCAL },
    ...CATEGORIES,
    { path: 'domains/fresh.yaml', text },
  ];
  const reading = parseProject(files, 'local', expressionChecks);
  return reading.ok ? [] : reading.issues.map(formatIssue);
}

const { categories, issues } = readCategories(CATEGORIES);
const ALL = [...categories.values()].map((category) => [category.name, category] as const);

describe('the starter of a domain', () => {
  it('is tried with every category of the project', () => {
    expect(issues).toEqual([]);
    expect(ALL.length).toBe(CATEGORIES.length);
  });

  it.each(ALL)('is valid as it is for %s', (_name, category) => {
    expect(issuesOf(starterDomain('fresh', category))).toEqual([]);
  });

  it.each(ALL)('is valid with what it has commented out, for %s', (_name, category) => {
    const text = starterDomain('fresh', category).replaceAll(/^ {4}# (?!event_time)/gm, '    ');
    expect(text).toContain('\n    watermark: { delay: 30s }');
    expect(issuesOf(text)).toEqual([]);
  });

  it('is short and begins with the line that editors read', () => {
    for (const [, category] of ALL) {
      const lines = starterDomain('fresh', category).split('\n');
      expect(lines[0]).toBe('# yaml-language-server: $schema=../schemas/domain.schema.json');
      expect(lines.length).toBeLessThan(45);
    }
  });

  it('takes the id of the category as identity, and adds one where there is none', () => {
    const identityOf = (name: string) =>
      starterDomain('fresh', categories.get(name) as Category).match(/identity: \[(.*)\]/)?.[1];
    expect(identityOf('payment.transaction')).toBe('transaction_id');
    expect(identityOf('market.tick')).toBe('event_id');
  });

  it('gives the stream a name that Athena takes as a table', () => {
    expect(starterStreamName('market.tick')).toBe('tick');
    expect(starterStreamName('economic.numeric')).toBe('numeric_event');
  });
});

describe('categories read alone', () => {
  it('are read although the rest of the project is broken or missing', () => {
    const read = readCategories([...SHIPPED, { path: 'config/platform.yaml', text: '[' }]);
    expect([...read.categories.keys()]).toContain('market.tick');
    expect(read.issues).toEqual([]);
  });

  it('leave out those that are broken, and say why', () => {
    const broken = { path: 'config/categories/a.b.yaml', text: 'category: a.b\nfields: {}\n' };
    const read = readCategories([...SHIPPED, broken]);
    expect(read.categories.has('a.b')).toBe(false);
    expect(read.issues.map(formatIssue)).toEqual([
      'config/categories/a.b.yaml:1:1 description: expected text, got nothing',
    ]);
  });
});
