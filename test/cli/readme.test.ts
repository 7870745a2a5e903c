import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '../..');
const DOCUMENTS = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...readdirSync(path.join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => path.join('docs', file)),
];
const read = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8');

/** Lines of the code blocks that call a program, without their comments. */
function commandsOf(markdown: string): readonly string[] {
  return [...markdown.matchAll(/^```\w*\n(.*?)^```/gms)]
    .flatMap(([, block = '']) => block.split('\n'))
    .filter((line) => /^(npm|npx|aws|node) /.test(line))
    .map((line) => line.replace(/\s+# .*$/, '').trim());
}

describe('README.md', () => {
  const script = read('.ci/run');

  it.each(commandsOf(read('README.md')))('has a command that .ci/run runs: %s', (command) => {
    expect(script).toContain(command);
  });
});

describe('links between documents', () => {
  const links = DOCUMENTS.flatMap((file) =>
    [...read(file).matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, target = '']) => ({
      file,
      target,
    })),
  );

  it.each(links)('$file leads to $target', ({ file, target }) => {
    expect(existsSync(path.join(ROOT, path.dirname(file), target))).toBe(true);
  });
});
