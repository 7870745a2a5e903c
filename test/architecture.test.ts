import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const MAX_LINES = 500;
const CODE_FOLDERS = [
  'extensions',
  'bin',
  'src',
  'lambdas',
  'lib',
  'localstack',
  'scripts',
  'bench',
];

interface SourceFile {
  /** Relative to the root, with `/`. */
  readonly file: string;
  readonly text: string;
  readonly imports: readonly string[];
}

/** Which layer a file belongs to; the first match wins. */
const LAYERS: readonly (readonly [string, RegExp])[] = [
  ['extensions', /^extensions\//],
  ['core', /^src\/core\//],
  ['ports', /^src\/ports\//],
  ['app', /^src\/app\//],
  ['adapters', /^src\/adapters\//],
  ['runtime', /^src\/runtime\//],
  ['cli', /^(src\/cli\/|bin\/sluice\.ts)/],
  ['localstack', /^(localstack\/|scripts\/kafka\.ts)/],
  ['lambdas', /^lambdas\//],
  ['lib', /^(lib\/|bin\/app\.ts|scripts\/synth\.ts)/],
  ['bench', /^bench\//],
  ['test', /^test\//],
];

/** Project layers a layer may import. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  extensions: ['core', 'extensions'],
  core: ['core'],
  ports: ['core', 'ports'],
  app: ['core', 'ports', 'app'],
  adapters: ['core', 'ports', 'adapters'],
  runtime: ['core', 'ports', 'app', 'adapters', 'runtime', 'extensions'],
  cli: ['core', 'ports', 'app', 'runtime', 'cli'],
  localstack: ['core', 'ports', 'app', 'runtime', 'localstack'],
  lambdas: ['core', 'app', 'runtime', 'lambdas'],
  lib: ['core', 'runtime', 'lib'],
  bench: ['core', 'ports', 'app', 'adapters', 'runtime', 'lib', 'localstack', 'bench'],
};

/** Packages a layer may import; null means any. */
const PACKAGES: Readonly<Record<string, readonly RegExp[] | null>> = {
  core: [/^zod$/, /^yaml$/, /^avsc$/, /^node:zlib$/, /^node:crypto$/],
  ports: [],
  extensions: [],
  app: [/^node:crypto$/],
  lambdas: [/^@middy\//, /^@aws-lambda-powertools\//],
  lib: [/^aws-cdk-lib/, /^cdk-nag$/, /^constructs$/, /^esbuild$/, /^node:/],
  cli: [/^node:/, /^zod$/],
};

/** Imports across layers that the table above does not cover, each with its reason. */
const EXCEPTIONS: readonly {
  readonly from: RegExp;
  readonly to: RegExp;
  readonly reason: string;
}[] = [
  {
    from: /^src\/cli\/local-cloud\.ts$/,
    to: /^localstack\/embedded\/start-local-cloud\.ts$/,
    reason: 'the commands start the local cloud through this one door',
  },
];

describe('architecture', () => {
  const files = sourceFiles();

  it('finds the sources', () => {
    expect(files.length).toBeGreaterThan(30);
  });

  it('imports only what each layer may import', () => {
    const violations = files.flatMap((source) =>
      source.imports
        .filter((target) => !isAllowed(source.file, target))
        .map((target) => `${source.file} imports ${target}`),
    );
    expect(violations).toEqual([]);
  });

  it('lets no adapter import another technology', () => {
    const violations = files
      .filter(({ file }) => file.startsWith('src/adapters/'))
      .flatMap(({ file, imports }) =>
        imports
          .map((target) => resolveImport(file, target))
          .filter(
            (target) =>
              target?.startsWith('src/adapters/') && target.split('/')[2] !== file.split('/')[2],
          )
          .map((target) => `${file} imports ${target}`),
      );
    expect(violations).toEqual([]);
  });

  it('reads process.env only in runtime and at the entry points', () => {
    const readers = files
      .filter(({ text }) => text.includes('process.env'))
      .map(({ file }) => file);
    const allowed =
      /^(src\/runtime\/|localstack\/embedded\/|scripts\/|bin\/|lib\/synthesize\.ts|bench\/)/;
    expect(readers.filter((file) => !allowed.test(file))).toEqual([]);
  });

  it('keeps every file within the hard size limit', () => {
    const large = [...files, ...sourceFilesIn('test')].filter(
      ({ text }) => text.split('\n').length > MAX_LINES + 1,
    );
    expect(large.map(({ file }) => file)).toEqual([]);
  });

  it('keeps clock and randomness out of core', () => {
    const impure =
      /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\brandomUUID\(|\brandomBytes\(|\bperformance\.now\(/;
    const violations = files.filter(
      ({ file, text }) => /^(src\/core|extensions)\//.test(file) && impure.test(text),
    );
    expect(violations.map(({ file }) => file)).toEqual([]);
  });

  it('has no drawer without a name, no barrel and no default export', () => {
    const drawers = files.filter(({ file }) =>
      /(^|\/)(utils?|helpers?|common|misc|types)(\/|\.ts$)/.test(file),
    );
    const barrels = files.filter(({ file }) => /(^|\/)index\.ts$/.test(file));
    const defaults = files.filter(({ text }) => /^export default /m.test(text));
    expect([...drawers, ...barrels, ...defaults].map(({ file }) => file)).toEqual([]);
  });

  it('has no import cycle', () => {
    expect(findCycle(files)).toEqual([]);
  });

  it('resolves every relative and #-import to an existing file', () => {
    const known = new Set([...files, ...sourceFilesIn('test')].map(({ file }) => file));
    const missing = files.flatMap(({ file, imports }) =>
      imports
        .map((target) => resolveImport(file, target))
        .filter((target) => target?.endsWith('.ts') && !known.has(target))
        .map((target) => `${file} imports ${target}`),
    );
    expect(missing).toEqual([]);
  });
});

function isAllowed(file: string, target: string): boolean {
  const layer = layerOf(file);
  const resolved = resolveImport(file, target);
  if (resolved === null) {
    const packages = PACKAGES[layer];
    return (
      packages === undefined ||
      packages === null ||
      packages.some((pattern) => pattern.test(target))
    );
  }
  if (EXCEPTIONS.some((exception) => exception.from.test(file) && exception.to.test(resolved)))
    return true;
  if (layer === 'lib' && layerOf(resolved) === 'runtime')
    return /^src\/runtime\/(load-|environments\.ts)/.test(resolved);
  return (MAY_IMPORT[layer] ?? []).includes(layerOf(resolved));
}

function layerOf(file: string): string {
  return LAYERS.find(([, pattern]) => pattern.test(file))?.[0] ?? 'scripts';
}

/** Path of an import inside the project, or null for a package. */
function resolveImport(file: string, target: string): string | null {
  const aliases: Readonly<Record<string, string>> = {
    '#core/': 'src/core/',
    '#ports/': 'src/ports/',
    '#app/': 'src/app/',
    '#adapters/': 'src/adapters/',
    '#runtime/': 'src/runtime/',
    '#cli/': 'src/cli/',
    '#embedded/': 'localstack/embedded/',
    '#lib/': 'lib/',
    '#test/': 'test/',
  };
  const alias = Object.keys(aliases).find((prefix) => target.startsWith(prefix));
  if (alias !== undefined) return aliases[alias] + target.slice(alias.length);
  if (!target.startsWith('.')) return null;
  return path.posix.normalize(path.posix.join(path.posix.dirname(file), target));
}

function sourceFiles(): SourceFile[] {
  return CODE_FOLDERS.flatMap(sourceFilesIn);
}

function sourceFilesIn(folder: string): SourceFile[] {
  const absolute = path.join(ROOT, folder);
  if (!statSync(absolute, { throwIfNoEntry: false })?.isDirectory()) return [];
  return readdirSync(absolute, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(ts|mts|mjs)$/.test(name))
    .map((name) => {
      const file = path.posix.join(folder, name.split(path.sep).join('/'));
      const text = readFileSync(path.join(ROOT, file), 'utf8');
      return { file, text, imports: importsOf(text) };
    });
}

function importsOf(text: string): string[] {
  const statements = text.matchAll(
    /(?:^|\n)\s*(?:import|export)\s[^'"`;]*?from\s+['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*\)|(?:^|\n)import\s+['"]([^'"]+)['"]/g,
  );
  return [...statements].map((match) => match[1] ?? match[2] ?? match[3] ?? '');
}

/** The files of one import cycle, or none. Dynamic imports count: a cycle through them is one all the same. */
function findCycle(files: readonly SourceFile[]): string[] {
  const edges = new Map(
    files.map(({ file, imports }) => [
      file,
      imports.map((target) => resolveImport(file, target)).filter((target) => target !== null),
    ]),
  );
  const done = new Set<string>();
  const visit = (file: string, trail: readonly string[]): string[] => {
    const at = trail.indexOf(file);
    if (at >= 0) return [...trail.slice(at), file];
    if (done.has(file)) return [];
    for (const target of edges.get(file) ?? []) {
      const cycle = visit(target, [...trail, file]);
      if (cycle.length > 0) return cycle;
    }
    done.add(file);
    return [];
  };
  for (const { file } of files) {
    const cycle = visit(file, []);
    if (cycle.length > 0) return cycle;
  }
  return [];
}
