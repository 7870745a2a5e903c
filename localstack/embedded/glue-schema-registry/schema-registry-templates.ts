/** What AWS::Glue::Schema says. */
export interface TemplateSchema {
  readonly registry: string;
  readonly name: string;
  /** AWS's name of the mode. */
  readonly compatibility: string;
  readonly description: string;
  readonly definition: string;
  /** Of the first version. */
  readonly versionId: string;
}

/** What CloudFormation does about registries, schemas and versions; every call may be repeated. */
export interface SchemaRegistryTemplates {
  ensureRegistry(registry: { readonly name: string; readonly description: string }): void;
  /** Throws when the registry is missing, or the first version is another. */
  ensureSchema(schema: TemplateSchema): void;
  /** Throws when the schema's mode refuses the definition, as CloudFormation fails. */
  ensureSchemaVersion(version: {
    readonly registry: string;
    readonly schema: string;
    readonly definition: string;
    /** Id of the version if it is created: one that a producer registered before keeps its own. */
    readonly versionId: string;
  }): void;
}
