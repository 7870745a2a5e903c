import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { expressionChecks } from '#core/config/expression-checks.ts';
import { domainModel } from '#core/config/model/domain-model.ts';
import { parseProject } from '#core/config/parse-project.ts';
import { formatIssue } from '#core/config/source/config-issue.ts';
import { type JsonSchema, jsonSchemaOf } from '#core/config/source/model-keys.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const PAGE = read('docs/domain.md');

function read(file: string): string {
  return readFileSync(path.join(ROOT, file), 'utf8');
}

/** YAML blocks of the page that are a whole domain file, by the name of the domain. */
const EXAMPLES = [...PAGE.matchAll(/^```yaml\n(.*?)^```$/gms)].flatMap(([, text = '']) => {
  const name = text.match(/^domain: (\w+)/m)?.[1];
  return name === undefined ? [] : [[name, text] as const];
});

/** The project's own settings and categories, with one domain. */
function issuesOf(name: string, text: string): readonly string[] {
  const folders = ['config/environments', 'config/categories'];
  const files = [
    'config/platform.yaml',
    ...folders.flatMap((folder) =>
      readdirSync(path.join(ROOT, folder)).map((file) => `${folder}/${file}`),
    ),
  ].map((file) => ({ path: file, text: read(file) }));
  const domain = { path: `domains/${name}.yaml`, text };
  const reading = parseProject([...files, domain], 'prod', expressionChecks);
  return reading.ok ? [] : reading.issues.map(formatIssue);
}

describe('docs/domain.md', () => {
  it('has whole files to start from', () => {
    expect(EXAMPLES.map(([name]) => name)).toEqual(['shop', 'factory']);
  });

  it.each(EXAMPLES)('shows a valid file %s', (name, text) => {
    expect(issuesOf(name, text)).toEqual([]);
  });

  it('names every key of a domain and of a stream', () => {
    const schema = jsonSchemaOf(domainModel);
    const stream = schema.properties?.['streams']?.additionalProperties as JsonSchema;
    const keys = [...Object.keys(schema.properties ?? {}), ...Object.keys(stream.properties ?? {})];
    const unnamed = keys.filter((key) => !new RegExp(`\`${key}[\`.:]`).test(PAGE));
    expect(unnamed).toEqual([]);
  });

  it('links only to pages that are there', () => {
    const pages = [...PAGE.matchAll(/\]\((\w+(?:-\w+)*\.md)\)/g)].map(([, page = '']) => page);
    const missing = new Set(
      pages.filter((page) => !readdirSync(path.join(ROOT, 'docs')).includes(page)),
    );
    expect([...missing]).toEqual([]);
  });
});
