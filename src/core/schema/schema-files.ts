import type { z } from 'zod';
import { SluiceError } from '#core/errors.ts';
import { parseSchema } from '#core/iceberg/spec/schema-json.ts';
import type { AvroRecord } from './avro-schema.ts';
import {
  EMPTY_REGISTRY,
  type Registry,
  type SchemaVersion,
  type StreamSchemas,
} from './registry.ts';
import {
  avroRecordModel,
  migrationsModel,
  type RegistryJson,
  registryModel,
  tableShapeModel,
} from './schema-file-models.ts';
import { contentHash, schemaVersionId } from './schema-version-id.ts';
import { replayMigrations, type TableMigration } from './table-migration.ts';
import type { TableShape } from './table-shape.ts';

/** A file of the project: path from the root with forward slashes, and its text. */
export interface TextFile {
  readonly path: string;
  readonly text: string;
}

export const REGISTRY_PATH = 'schemas/registry.json';

export function avroPath(domain: string, stream: string, version: number): string {
  return `schemas/avro/${domain}/${stream}/${version}.avsc`;
}

export function tableShapePath(domain: string, table: string): string {
  return `schemas/tables/${domain}/${table}.json`;
}

export function migrationsPath(domain: string, table: string): string {
  return `schemas/tables/${domain}/${table}.migrations.json`;
}

export interface SchemaFileIssue {
  readonly file: string;
  readonly message: string;
}

export type RegistryReading =
  | { readonly ok: true; readonly registry: Registry }
  | { readonly ok: false; readonly issues: readonly SchemaFileIssue[] };

/**
 * Reads and checks what `schemas/` holds; no registry file means an empty registry. Committed schemas
 * are compared with their ids, so that an edit by hand is found before a record is written with it.
 */
export function readRegistry(files: readonly TextFile[]): RegistryReading {
  const reader = new SchemaFileReader(files);
  const registry = reader.readRegistry();
  return reader.issues.length === 0 ? { ok: true, registry } : { ok: false, issues: reader.issues };
}

class SchemaFileReader {
  readonly issues: SchemaFileIssue[] = [];
  readonly #texts: ReadonlyMap<string, string>;

  constructor(files: readonly TextFile[]) {
    this.#texts = new Map(files.map((file) => [file.path, file.text]));
  }

  readRegistry(): Registry {
    if (!this.#texts.has(REGISTRY_PATH)) return EMPTY_REGISTRY;
    const json = this.#readJson(REGISTRY_PATH, registryModel);
    const seen = new Set<string>();
    const streams = (json?.streams ?? []).flatMap((entry) => {
      const name = `${entry.domain}.${entry.stream}`;
      if (seen.has(name)) this.#report(REGISTRY_PATH, `expected ${name} once, got it twice`);
      seen.add(name);
      return this.#readStream(entry) ?? [];
    });
    return { streams };
  }

  #readStream(entry: RegistryJson['streams'][number]): StreamSchemas | null {
    const { domain, stream, schemas, mappings } = entry;
    this.#checkSequence(schemas, `schema versions of ${domain}.${stream}`);
    this.#checkSequence(mappings, `mapping versions of ${domain}.${stream}`);
    const schemaVersions = schemas.flatMap(
      (schema) => this.#readAvro(schema, { domain, stream }) ?? [],
    );
    const table = this.#readTable(tableShapePath(domain, stream), entry.table.hash);
    const migrations = this.#readMigrations(migrationsPath(domain, stream));
    if (table === null || migrations === null) return null;
    this.#check(migrationsPath(domain, stream), () => replayMigrations(table, migrations));
    return { domain, stream, schemaVersions, mappingVersions: mappings, table, migrations };
  }

  #checkSequence(versions: readonly { readonly version: number }[], what: string): void {
    const broken = versions.findIndex(({ version }, index) => version !== index + 1);
    if (broken < 0) return;
    const got = versions[broken]?.version;
    this.#report(REGISTRY_PATH, `${what}: expected version ${broken + 1}, got ${got}; ${RESTORE}`);
  }

  #readAvro(
    schema: RegistryJson['streams'][number]['schemas'][number],
    owner: { readonly domain: string; readonly stream: string },
  ): SchemaVersion | null {
    const path = avroPath(owner.domain, owner.stream, schema.version);
    if (`schemas/${schema.file}` !== path) {
      this.#report(REGISTRY_PATH, `expected file "${path}", got "schemas/${schema.file}"`);
    }
    const record = this.#readJson(path, avroRecordModel);
    if (record === null) return null;
    const id = schemaVersionId(record as unknown as AvroRecord, schema.version);
    if (id !== schema.schemaVersionId) {
      this.#report(
        path,
        `expected the schema with id ${schema.schemaVersionId}, got ${id}: a committed schema never changes; ${RESTORE} and run "npm run generate" for a new version`,
      );
    }
    const { version, schemaVersionId: registeredId } = schema;
    return { version, schemaVersionId: registeredId, avro: this.#texts.get(path) ?? '' };
  }

  #readTable(path: string, hash: string): TableShape | null {
    const json = this.#readJson(path, tableShapeModel);
    if (json === null) return null;
    if (contentHash(json) !== hash) {
      this.#report(
        path,
        `expected the content that was committed (hash ${hash}), got another: a changed creation shape would replace the table and its data; ${RESTORE}`,
      );
    }
    const schema = this.#check(path, () => parseSchema(json.schema, 'schema'));
    return schema === null ? null : ({ ...json, schema } as TableShape);
  }

  #readMigrations(path: string): readonly TableMigration[] | null {
    if (!this.#texts.has(path)) return [];
    const migrations = this.#readJson(path, migrationsModel);
    if (migrations === null) return null;
    const types = migrations.flatMap(({ changes }) =>
      changes.flatMap((change) => ('type' in change ? [change.type] : [])),
    );
    const fields = types.map((type, id) => ({ id, name: `${id}`, required: false, type }));
    const schema = { type: 'struct', 'schema-id': 0, fields };
    return this.#check(path, () => parseSchema(schema, 'changes')) === null
      ? null
      : (migrations as readonly TableMigration[]);
  }

  #readJson<T>(path: string, model: z.ZodType<T>): T | null {
    const text = this.#texts.get(path);
    if (text === undefined) {
      this.#report(path, `expected the file, got nothing; ${RESTORE}`);
      return null;
    }
    const json = this.#check(path, () => JSON.parse(text) as unknown);
    if (json === null) return null;
    const result = model.safeParse(json);
    if (result.success) return result.data;
    for (const issue of result.error.issues) {
      this.#report(path, `${issue.path.join('.')}: ${lowerFirst(issue.message)}; ${RESTORE}`);
    }
    return null;
  }

  #check<T>(path: string, read: () => T): T | null {
    try {
      return read();
    } catch (error) {
      if (error instanceof SluiceError) this.#report(path, `${error.message}; ${RESTORE}`);
      else if (error instanceof SyntaxError) this.#report(path, `expected JSON; ${RESTORE}`);
      else throw error;
      return null;
    }
  }

  #report(file: string, message: string): void {
    this.issues.push({ file, message });
  }
}

const RESTORE = 'restore the file from version control';

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

/** The text of registry.json for a registry. */
export function registryText(registry: Registry): string {
  const streams = [...registry.streams].sort(byName).map((schemas) => ({
    domain: schemas.domain,
    stream: schemas.stream,
    schemas: schemas.schemaVersions.map(({ version, schemaVersionId: id }) => ({
      version,
      file: avroPath(schemas.domain, schemas.stream, version).replace('schemas/', ''),
      schemaVersionId: id,
    })),
    mappings: schemas.mappingVersions,
    table: {
      file: tableShapePath(schemas.domain, schemas.stream).replace('schemas/', ''),
      hash: contentHash(schemas.table),
    },
  }));
  return jsonText({ format: 1, streams });
}

function byName(a: StreamSchemas, b: StreamSchemas): number {
  const [left, right] = [`${a.domain}.${a.stream}`, `${b.domain}.${b.stream}`];
  return left < right ? -1 : left > right ? 1 : 0;
}

/** JSON as it is committed: two spaces and a final newline. */
export function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
