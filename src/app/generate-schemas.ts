import { editorSchemas } from '#core/config/editor-schemas.ts';
import type { Project, Stream } from '#core/config/project.ts';
import type { AvroRecord } from '#core/schema/avro-schema.ts';
import type { Incompatibility } from '#core/schema/evolution/compatibility.ts';
import { diffSchemas, type SchemaDifference } from '#core/schema/evolution/schema-diff.ts';
import { type Evolution, evolveStream } from '#core/schema/evolution/stream-evolution.ts';
import { storedName } from '#core/schema/field.ts';
import {
  currentSchemaVersion,
  findStream,
  type Registry,
  type StreamSchemas,
} from '#core/schema/registry.ts';
import {
  avroPath,
  jsonText,
  migrationsPath,
  REGISTRY_PATH,
  readRegistry,
  registryText,
  type TextFile,
  tableShapePath,
} from '#core/schema/schema-files.ts';

export interface GenerateRequest {
  readonly project: Project;
  /** Every file under schemas/ as it is now. */
  readonly files: readonly TextFile[];
}

/** A reason not to write anything. */
export interface RefusedChange {
  readonly file: string;
  /** For instance `streams.trade.fields.price`; empty for the whole file. */
  readonly path: string;
  readonly message: string;
}

export interface GeneratedSchemas {
  /** Files to write, sorted by path; empty when `schemas/` is up to date. */
  readonly writes: readonly TextFile[];
  /** Files that are as they have to be. */
  readonly unchanged: readonly string[];
  /** When there is any, `writes` is empty: either everything is legal or nothing happens. */
  readonly refused: readonly RefusedChange[];
  /** Streams with a next version, legal or not, and how it differs from the one before. */
  readonly changes: readonly StreamChange[];
}

/** The next version of a stream's schema. */
export interface StreamChange {
  readonly domain: string;
  readonly stream: string;
  readonly version: number;
  /** From the version before; empty for the first one. */
  readonly differences: readonly SchemaDifference[];
}

/**
 * The files of `schemas/` for a project: Avro schemas, registry, table shapes, migrations and editor
 * schemas. Pure and idempotent: a second run on the written files writes nothing. Committed schemas and
 * table shapes are never rewritten; a change adds a version or a migration, or is refused with the rule
 * it breaks. Streams that left the project keep their files, because their data stays.
 */
export function generateSchemas({ project, files }: GenerateRequest): GeneratedSchemas {
  const reading = readRegistry(files);
  if (!reading.ok) return refuse(reading.issues.map((issue) => ({ ...issue, path: '' })));
  const streams = project.domains.flatMap((domain) => domain.streams);
  const evolutions = streams.map((stream) => ({
    stream,
    ...evolveStream(stream, findStream(reading.registry, stream.domain, stream.name)),
  }));
  const existing = new Map(files.map((file) => [file.path, file.text]));
  const refused = [
    ...evolutions.flatMap(refusedChanges),
    ...evolutions.flatMap(({ schemas }) => orphanedFiles(schemas, reading.registry, existing)),
  ];
  const changes = evolutions.flatMap(({ schemas }) => changeOf(schemas, reading.registry) ?? []);
  if (refused.length > 0) return refuse(refused, changes);
  const registry = withStreams(reading.registry, evolutions);
  const wanted = [...schemaFiles(registry, existing), ...editorSchemas()].sort(byPath);
  const isWritten = (file: TextFile) => existing.get(file.path) === file.text;
  return {
    writes: wanted.filter((file) => !isWritten(file)),
    unchanged: wanted.filter(isWritten).map((file) => file.path),
    refused: [],
    changes,
  };
}

/** `domains/market.yaml streams.trade.fields.price: …` */
export function formatRefusal(refusal: RefusedChange): string {
  const place = refusal.path === '' ? refusal.file : `${refusal.file} ${refusal.path}`;
  return `${place}: ${refusal.message}`;
}

function refuse(
  refused: readonly RefusedChange[],
  changes: readonly StreamChange[] = [],
): GeneratedSchemas {
  return { writes: [], unchanged: [], refused, changes };
}

function changeOf(schemas: StreamSchemas, registry: Registry): StreamChange | null {
  const { domain, stream } = schemas;
  const before = findStream(registry, domain, stream)?.schemaVersions.at(-1);
  const { version, avro } = currentSchemaVersion(schemas);
  if (before?.version === version) return null;
  const parse = (text: string) => JSON.parse(text) as AvroRecord;
  const differences = before === undefined ? [] : diffSchemas(parse(before.avro), parse(avro));
  return { domain, stream, version, differences };
}

function refusedChanges({
  stream,
  refused,
}: Evolution & { readonly stream: Stream }): readonly RefusedChange[] {
  return refused.map((incompatibility) => ({
    file: `domains/${stream.domain}.yaml`,
    path: `streams.${stream.name}.${yamlPath(stream, incompatibility)}`,
    message: `${incompatibility.change}: ${ruleOf(incompatibility)}; ${incompatibility.remedy}`,
  }));
}

/** `FORWARD against version 2: consumers of version 2 cannot read null` */
function ruleOf({ mode, against, rule }: Incompatibility): string {
  return mode === undefined ? rule : `${mode} against version ${against}: ${rule}`;
}

/** Where in the domain file the column comes from. */
function yamlPath(stream: Stream, { path }: Incompatibility): string {
  if (path === 'partition.bronze' || path === 'compatibility') return path;
  const [column = '', ...rest] = path.split('.');
  const name = column.replace(/^_raw_/, '');
  if (stream.mapping.some((mapping) => mapping.column === name && column === name)) {
    const isField = stream.fields.some((field) => field.name === name);
    if (!isField) return `mapping.${name}`;
  }
  const field = stream.fields.find((candidate) => storedName(candidate) === name);
  return ['fields', field?.name ?? name, ...rest].join('.');
}

/** Files of a stream the registry does not know: without their history the next version would be wrong. */
function orphanedFiles(
  schemas: StreamSchemas,
  registry: Registry,
  existing: ReadonlyMap<string, string>,
): readonly RefusedChange[] {
  if (findStream(registry, schemas.domain, schemas.stream) !== null) return [];
  const { domain, stream } = schemas;
  const paths = [
    avroPath(domain, stream, 1),
    tableShapePath(domain, stream),
    migrationsPath(domain, stream),
  ];
  return paths
    .filter((path) => existing.has(path))
    .map((path) => ({
      file: path,
      path: '',
      message: `expected an entry for ${domain}.${stream} in ${REGISTRY_PATH}, got none; restore the registry from version control`,
    }));
}

function withStreams(
  registry: Registry,
  evolutions: readonly { readonly schemas: StreamSchemas }[],
): Registry {
  const changed = evolutions.map(({ schemas }) => schemas);
  const kept = registry.streams.filter(
    (old) => !changed.some((now) => now.domain === old.domain && now.stream === old.stream),
  );
  return { streams: [...kept, ...changed] };
}

function schemaFiles(
  registry: Registry,
  existing: ReadonlyMap<string, string>,
): readonly TextFile[] {
  const files = registry.streams.flatMap((schemas): TextFile[] => {
    const { domain, stream, schemaVersions, table, migrations } = schemas;
    const avro = schemaVersions.map((version) => ({
      path: avroPath(domain, stream, version.version),
      text: version.avro,
    }));
    const shapePath = tableShapePath(domain, stream);
    // A shape that is there was checked against its hash; not even its spaces are rewritten.
    const shape = { path: shapePath, text: existing.get(shapePath) ?? jsonText(table) };
    const changes = { path: migrationsPath(domain, stream), text: jsonText(migrations) };
    return [...avro, shape, ...(migrations.length === 0 ? [] : [changes])];
  });
  return [...files, { path: REGISTRY_PATH, text: registryText(registry) }];
}

function byPath(a: TextFile, b: TextFile): number {
  return a.path < b.path ? -1 : a.path > b.path ? 1 : 0;
}
