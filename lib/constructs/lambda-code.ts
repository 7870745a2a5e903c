import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { buildSync } from 'esbuild';

/** Bundles Lambda entries; each entry is built once however many functions and environments use it. */
export interface LambdaBundler {
  /** ES module of an entry path relative to the root, with the SDK and every other import inside. */
  bundle(entry: string): Uint8Array;
}

/** Bundled CommonJS packages call `require`, which an ES module does not have. */
const REQUIRE_BANNER =
  "import { createRequire as createModuleRequire } from 'node:module'; const require = createModuleRequire(import.meta.url);";

/**
 * Bundler for the entries below `root`. Bytes depend on the sources and the installed packages only, not on where
 * the root is: paths in the output are relative. Not minified: a stack trace names function and line without a source
 * map, for 0.8 MB and about 30 ms of a cold start more, of which a function that reads a stream has few.
 */
export function createLambdaBundler(root: string): LambdaBundler {
  const bundles = new Map<string, Uint8Array>();
  return {
    bundle(entry) {
      const known = bundles.get(entry);
      if (known !== undefined) return known;
      const built = buildEntry(root, entry);
      bundles.set(entry, built);
      return built;
    },
  };
}

function buildEntry(root: string, entry: string): Uint8Array {
  const result = buildSync({
    absWorkingDir: root,
    entryPoints: [entry],
    outfile: 'index.mjs',
    write: false,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    // Of two builds the one that does not look for its file beside the bundle.
    alias: { '@platformatic/wasm-utils': '@platformatic/wasm-utils/bundled' },
    banner: { js: REQUIRE_BANNER },
    sourcemap: false,
    charset: 'utf8',
    logLevel: 'silent',
  });
  const output = result.outputFiles[0];
  if (output === undefined) throw new Error(`esbuild wrote no bundle for ${entry}`);
  return output.contents;
}

/**
 * Calls `use` with the code of one function: `index.mjs` (handler `index.handler`) and the configuration it reads,
 * `config.json`. The files exist during the call only; a function created in it has them copied into the cloud
 * assembly, under their content hash.
 */
export function withLambdaCode<T>(
  content: { readonly bundle: Uint8Array; readonly config: string },
  use: (code: Code) => T,
): T {
  const folder = mkdtempSync(path.join(tmpdir(), 'sluice-code-'));
  try {
    const source = path.join(folder, 'code');
    mkdirSync(source);
    writeFileSync(path.join(source, 'index.mjs'), content.bundle);
    writeFileSync(path.join(source, 'config.json'), content.config);
    return use(Code.fromAsset(source));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
