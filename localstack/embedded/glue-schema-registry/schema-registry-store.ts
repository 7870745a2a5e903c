import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { replaceFile } from '#embedded/replace-file.ts';
import { AwsError } from '../gateway/json-protocol.ts';
import { readStateFile } from '../read-state-file.ts';

export interface StoredRegistry {
  readonly name: string;
  readonly description: string;
  readonly createdMs: number;
  readonly updatedMs: number;
}

export interface StoredVersion {
  readonly id: string;
  readonly number: number;
  readonly definition: string;
  /** What the version is from `judgedMs` on; until then it is PENDING. */
  readonly status: 'AVAILABLE' | 'FAILURE';
  readonly judgedMs: number;
  readonly createdMs: number;
}

export interface StoredSchema {
  readonly registry: string;
  readonly name: string;
  readonly description: string;
  /** AWS's name: BACKWARD_ALL. */
  readonly compatibility: string;
  readonly checkpoint: number;
  /** Numbers of deleted versions are not given again. */
  readonly nextNumber: number;
  /** Oldest first. */
  readonly versions: readonly StoredVersion[];
  readonly createdMs: number;
  readonly updatedMs: number;
}

/**
 * Registries and schemas, one JSON file each.
 *
 *     <state>/<registry>/registry.json
 *     <state>/<registry>/schemas/<schema>.json
 *
 * Every change is one synchronous call that replaces one file: atomic against other requests and SIGKILL.
 */
export interface SchemaRegistryStore {
  registry(name: string): StoredRegistry | null;
  registries(): readonly StoredRegistry[];
  putRegistry(registry: StoredRegistry): void;
  /** Deletes the registry with its schemas. */
  deleteRegistry(name: string): void;
  schema(registry: string, name: string): StoredSchema | null;
  schemas(registry: string): readonly StoredSchema[];
  putSchema(schema: StoredSchema): void;
  deleteSchema(registry: string, name: string): void;
  /** The schema with the version of this id. */
  schemaOfVersion(id: string): StoredSchema | null;
}

const REGISTRY_FILE = 'registry.json';
const SCHEMA_FOLDER = 'schemas';

/** The folder is made with the first registry. Throws when it holds something this store did not write. */
export function openSchemaRegistryStore(stateDir: string): SchemaRegistryStore {
  const registries = new Map<string, StoredRegistry>();
  const schemas = new Map<string, Map<string, StoredSchema>>();
  const owners = new Map<string, StoredSchema>();
  const folderOf = (registry: string) => path.join(stateDir, fileName(registry));
  const fileOf = (registry: string, name: string) =>
    path.join(folderOf(registry), SCHEMA_FOLDER, `${fileName(name)}.json`);
  const remember = (schema: StoredSchema) => {
    for (const { id } of schemas.get(schema.registry)?.get(schema.name)?.versions ?? []) {
      owners.delete(id);
    }
    schemas.get(schema.registry)?.set(schema.name, schema);
    for (const { id } of schema.versions) owners.set(id, schema);
  };
  const forget = (schema: StoredSchema) => {
    for (const { id } of schema.versions) owners.delete(id);
    schemas.get(schema.registry)?.delete(schema.name);
  };
  for (const folder of listFolder(stateDir)) {
    const registry = readStateFile<StoredRegistry>(
      path.join(stateDir, folder, REGISTRY_FILE),
      'registry state',
    );
    // A crash between the two steps of a deletion leaves a folder without this file.
    if (registry === null) {
      rmSync(path.join(stateDir, folder), { recursive: true, force: true });
      continue;
    }
    registries.set(registry.name, registry);
    schemas.set(registry.name, new Map());
    const schemaFolder = path.join(stateDir, folder, SCHEMA_FOLDER);
    for (const file of listFolder(schemaFolder).filter((name) => name.endsWith('.json'))) {
      const schema = readStateFile<StoredSchema>(path.join(schemaFolder, file), 'registry state');
      if (schema !== null) remember(schema);
    }
  }
  return {
    registry: (name) => registries.get(name) ?? null,
    registries: () => byName([...registries.values()]),
    putRegistry(registry) {
      mkdirSync(path.join(folderOf(registry.name), SCHEMA_FOLDER), { recursive: true });
      writeJson(path.join(folderOf(registry.name), REGISTRY_FILE), registry);
      registries.set(registry.name, registry);
      if (!schemas.has(registry.name)) schemas.set(registry.name, new Map());
    },
    deleteRegistry(name) {
      rmSync(path.join(folderOf(name), REGISTRY_FILE), { force: true });
      rmSync(folderOf(name), { recursive: true, force: true });
      for (const schema of schemas.get(name)?.values() ?? []) forget(schema);
      registries.delete(name);
      schemas.delete(name);
    },
    schema: (registry, name) => schemas.get(registry)?.get(name) ?? null,
    schemas: (registry) => byName([...(schemas.get(registry)?.values() ?? [])]),
    putSchema(schema) {
      writeJson(fileOf(schema.registry, schema.name), schema);
      remember(schema);
    },
    deleteSchema(registry, name) {
      rmSync(fileOf(registry, name), { force: true });
      const schema = schemas.get(registry)?.get(name);
      if (schema !== undefined) forget(schema);
    },
    schemaOfVersion: (id) => owners.get(id) ?? null,
  };
}

function listFolder(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function writeJson(file: string, value: unknown): void {
  try {
    replaceFile(file, JSON.stringify(value));
  } catch (error) {
    throw new AwsError('InternalServiceException', `cannot store the schema: ${error}`, 500);
  }
}

/** Names may hold dots; `.` and `..` must not become paths. */
function fileName(name: string): string {
  return encodeURIComponent(name).replaceAll('.', '%2E').replaceAll('*', '%2A');
}

function byName<T extends { readonly name: string }>(items: T[]): T[] {
  return items.sort((a, b) => (a.name < b.name ? -1 : 1));
}
