import { type RegistryDeps, registerVersion } from './register-version.ts';
import { createRegistry } from './registry-operations.ts';
import { definitionProblem } from './request-members.ts';
import { createSchema } from './schema-operations.ts';
import type { StoredSchema } from './schema-registry-store.ts';
import type { SchemaRegistryTemplates } from './schema-registry-templates.ts';

export function schemaRegistryTemplates(deps: RegistryDeps): SchemaRegistryTemplates {
  const { store, nowMs } = deps;
  return {
    ensureRegistry({ name, description }) {
      const existing = store.registry(name) ?? createRegistry(deps, name, description);
      if (existing.description === description) return;
      store.putRegistry({ ...existing, description, updatedMs: nowMs() });
    },
    ensureSchema({ definition, versionId, ...wanted }) {
      const { registry, name } = wanted;
      if (store.registry(registry) === null) {
        throw new Error(`AWS::Glue::Schema Registry: registry ${registry} not found`);
      }
      const schema = store.schema(registry, name) ?? createSchema(deps, wanted);
      registerFirst(deps, schema, { definition, versionId });
      const current = store.schema(registry, name) ?? schema;
      const { compatibility, description } = wanted;
      if (current.compatibility !== compatibility || current.description !== description) {
        store.putSchema({ ...current, compatibility, description, updatedMs: nowMs() });
      }
    },
    ensureSchemaVersion({ registry, schema: name, definition, versionId }) {
      const schema = store.schema(registry, name);
      if (schema === null) {
        throw new Error(
          `AWS::Glue::SchemaVersion Schema: ${name} of registry ${registry} not found`,
        );
      }
      registerChecked(deps, schema, { definition, versionId });
    },
  };
}

interface TemplateVersion {
  readonly definition: string;
  readonly versionId: string;
}

/** CloudFormation replaces a schema whose first definition changes, and every version's id with it. */
function registerFirst(deps: RegistryDeps, schema: StoredSchema, version: TemplateVersion): void {
  const first = schema.versions[0];
  if (first === undefined) {
    registerChecked(deps, schema, version);
    return;
  }
  if (first.definition === version.definition) return;
  throw new Error(
    `CloudFormation would have to replace schema ${schema.name}, whose first version is another; keep the definition as it was`,
  );
}

function registerChecked(
  deps: RegistryDeps,
  schema: StoredSchema,
  { definition, versionId }: TemplateVersion,
): void {
  const problem = definitionProblem(definition);
  if (problem !== null) throw new Error(problem);
  const { status, number } = registerVersion(deps, schema, definition, { id: versionId });
  if (status === 'AVAILABLE') return;
  throw new Error(
    `schema ${schema.name}: compatibility ${schema.compatibility} refuses version ${number}; change the definition or the mode`,
  );
}
