import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLambdaBundler, withLambdaCode } from '#lib/constructs/lambda-code.ts';

const ENTRY = 'lambdas/greet.ts';
let folder: string;
let root: string;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'sluice-bundle-'));
  root = path.join(folder, 'one');
  writeSources(root);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A handler that imports TypeScript by a name of package.json and a CommonJS package that calls `require`. */
function writeSources(target: string): void {
  const files = {
    'package.json': '{"type":"module","imports":{"#core/*":"./src/core/*"}}',
    'src/core/words.ts': "export const word: string = 'hello';",
    'node_modules/legacy/package.json': '{"name":"legacy","main":"index.js"}',
    'node_modules/legacy/index.js':
      "const { EOL } = require('node:os'); module.exports = { lines: EOL.length };",
    [ENTRY]: [
      "import legacy from 'legacy';",
      "import { word } from '#core/words.ts';",
      'export async function handler(): Promise<string> {',
      '  return word + legacy.lines;',
      '}',
    ].join('\n'),
  };
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(target, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
}

describe('createLambdaBundler', () => {
  it('makes one module that runs alone, CommonJS packages included', async () => {
    const file = path.join(folder, 'index.mjs');
    writeFileSync(file, createLambdaBundler(root).bundle(ENTRY));
    const module = (await import(pathToFileURL(file).href)) as { handler(): Promise<string> };
    expect(await module.handler()).toBe('hello1');
  });

  it('writes the same bytes wherever the root is', () => {
    const moved = path.join(folder, 'a', 'deeper', 'place');
    cpSync(root, moved, { recursive: true });
    const here = Buffer.from(createLambdaBundler(root).bundle(ENTRY)).toString('utf8');
    expect(Buffer.from(createLambdaBundler(moved).bundle(ENTRY)).toString('utf8')).toBe(here);
  });

  it('builds an entry once', () => {
    const bundler = createLambdaBundler(root);
    expect(bundler.bundle(ENTRY)).toBe(bundler.bundle(ENTRY));
  });

  it('names the file and the import that cannot be resolved', () => {
    const broken = path.join(folder, 'broken');
    mkdirSync(broken);
    writeFileSync(path.join(broken, 'entry.ts'), "import './missing.ts';");
    expect(() => createLambdaBundler(broken).bundle('entry.ts')).toThrow(
      /entry\.ts.*Could not resolve "\.\/missing\.ts"/,
    );
  });
});

describe('withLambdaCode', () => {
  it('leaves no file behind when its use fails', () => {
    const staged = () => readdirSync(tmpdir()).filter((name) => name.startsWith('sluice-code-'));
    const before = staged();
    expect(() =>
      withLambdaCode({ bundle: Buffer.from(''), config: '{}' }, () => {
        throw new Error('no function');
      }),
    ).toThrow('no function');
    expect(staged()).toEqual(before);
  });
});
