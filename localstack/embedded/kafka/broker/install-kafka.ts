import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { SluiceError } from '#core/errors.ts';
import { runTool } from './run-tool.ts';

export const KAFKA_VERSION = '4.1.1';

/** What the broker runs from: Kafka itself, and the bridge that takes its log lines to Log4j. */
const ARTIFACTS = [
  ['org.apache.kafka', 'kafka_2.13', KAFKA_VERSION],
  ['org.apache.logging.log4j', 'log4j-slf4j-impl', '2.24.3'],
] as const;

/**
 * Folder for what is not part of the project: `$SLUICE_KAFKA`, or `sluice/kafka` in the user's cache folder.
 */
export function kafkaCacheFolder(): string {
  const { SLUICE_KAFKA, XDG_CACHE_HOME } = process.env;
  if (SLUICE_KAFKA !== undefined && SLUICE_KAFKA !== '') return path.resolve(SLUICE_KAFKA);
  return path.join(XDG_CACHE_HOME || path.join(os.homedir(), '.cache'), 'sluice', 'kafka');
}

/**
 * Folder with the jars of the broker: `libs` of an unpacked Kafka release that KAFKA_HOME names, else fetched once by
 * Maven from Maven Central. Throws FEATURE_UNSUPPORTED when neither can be had.
 */
export function installKafka(cacheFolder: string, say: (line: string) => void): string {
  const { KAFKA_HOME } = process.env;
  if (KAFKA_HOME !== undefined && KAFKA_HOME !== '') return librariesOf(KAFKA_HOME);
  const folder = path.join(cacheFolder, KAFKA_VERSION);
  const stamp = path.join(folder, '.sluice-installed');
  const wanted = JSON.stringify(ARTIFACTS);
  const libraries = path.join(folder, 'libs');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return libraries;
  say(`fetching Apache Kafka ${KAFKA_VERSION} from Maven Central into ${folder} (45 MB, once)`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'pom.xml'), projectFile());
  const problem = runTool(
    'mvn',
    [
      ...['--quiet', '--batch-mode', 'dependency:copy-dependencies'],
      ...['-DincludeScope=runtime', `-DoutputDirectory=${libraries}`],
    ],
    { cwd: folder },
  );
  if (problem !== null) {
    throw new SluiceError(
      'FEATURE_UNSUPPORTED',
      `Apache Kafka ${KAFKA_VERSION} cannot be fetched (${problem}); install Maven, or unpack a Kafka release and set KAFKA_HOME to its folder, and run the same command again`,
    );
  }
  writeFileSync(stamp, wanted);
  return libraries;
}

function librariesOf(home: string): string {
  const libraries = path.join(home, 'libs');
  if (existsSync(libraries)) return libraries;
  throw new SluiceError(
    'FEATURE_UNSUPPORTED',
    `KAFKA_HOME is ${home}, expected the folder of an unpacked Kafka release with "libs" in it; correct it, or unset it to fetch Kafka ${KAFKA_VERSION} with Maven`,
  );
}

function projectFile(): string {
  const dependencies = ARTIFACTS.map(
    ([group, artifact, version]) =>
      `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`,
  );
  return `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>sluice</groupId><artifactId>local-broker</artifactId><version>1</version>
<dependencies>${dependencies.join('')}</dependencies></project>
`;
}
