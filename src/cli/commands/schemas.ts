import type { Project } from '#core/config/project.ts';
import { subjectOf } from '#core/schema/identify-schema.ts';
import { currentSchemaVersion, type StreamSchemas } from '#core/schema/registry.ts';
import type { SchemaRegistry } from '#ports/schema-registry.ts';
import { loadProject } from '#runtime/load-project.ts';
import { booleanOption, type Command, type CommandContext, stringOption } from '../command.ts';
import { openProjectRegistry } from '../schemas/registry-target.ts';

export const schemas: Command = {
  name: 'schemas',
  summary: 'list the schemas of all streams, their versions, modes and ids',
  usage: '[--registry] [--env <name>] [--json]',
  options: {
    registry: {
      type: 'boolean',
      description: "also ask the environment's schema registry what it has",
    },
    env: { type: 'string', value: '<name>', description: 'default: local' },
  },
  async run(context) {
    const environment = stringOption(context, 'env') ?? 'local';
    const loaded = loadProject({ root: context.root, environment });
    const registry = booleanOption(context, 'registry')
      ? await openProjectRegistry(loaded, context.root)
      : null;
    try {
      const lines: SchemaLine[] = [];
      for (const stream of loaded.registry.streams) {
        lines.push(await describeStream(stream, loaded.project, registry));
      }
      show(context, lines, registry !== null);
      context.output.result({
        ok: true,
        registry: loaded.project.environment.schemaRegistry.kind,
        streams: lines,
      });
      return 0;
    } finally {
      registry?.close();
    }
  },
};

interface SchemaLine {
  readonly stream: string;
  readonly versions: number;
  /** Null for a stream that no domain names any more. */
  readonly compatibility: string | null;
  /** Sluice's own id of the newest version. */
  readonly id: string;
  /** What the registry has; null when it was not asked. */
  readonly registered: {
    readonly subject: string;
    readonly versions: number;
    readonly compatibility: string | null;
    /** Id of the newest version there; null when it does not have it. */
    readonly id: string | null;
  } | null;
}

async function describeStream(
  schemas: StreamSchemas,
  project: Project,
  registry: SchemaRegistry | null,
): Promise<SchemaLine> {
  const { domain, stream } = schemas;
  const newest = currentSchemaVersion(schemas);
  const configured = project.domains
    .find(({ name }) => name === domain)
    ?.streams.find(({ name }) => name === stream);
  return {
    stream: `${domain}.${stream}`,
    versions: newest.version,
    compatibility: configured?.compatibility ?? null,
    id: newest.schemaVersionId,
    registered: registry === null ? null : await askRegistry(registry, schemas),
  };
}

async function askRegistry(
  registry: SchemaRegistry,
  schemas: StreamSchemas,
): Promise<SchemaLine['registered']> {
  const subject = subjectOf(registry.wireFormat, schemas.domain, schemas.stream);
  const [versions, compatibility, id] = await Promise.all([
    registry.versions(subject),
    registry.compatibility(subject),
    registry.lookup(subject, currentSchemaVersion(schemas).avro),
  ]);
  return { subject, versions: versions.length, compatibility, id };
}

function show({ output }: CommandContext, lines: readonly SchemaLine[], asked: boolean): void {
  const rows = lines.map(({ stream, versions, compatibility, id, registered }) => [
    stream,
    String(versions),
    compatibility ?? 'not in use',
    id,
    ...(asked ? [registryState(registered)] : []),
  ]);
  const head = ['stream', 'versions', 'compatibility', 'id', ...(asked ? ['registry'] : [])];
  output.table(head, rows, { rightAligned: [1] });
}

function registryState(registered: SchemaLine['registered']): string {
  if (registered === null || registered.versions === 0) return 'not there';
  const count = `${registered.versions} ${registered.versions === 1 ? 'version' : 'versions'}`;
  const mode = registered.compatibility ?? 'no mode';
  return registered.id === null
    ? `${count}, ${mode}, newest missing`
    : `${count}, ${mode}, ${registered.id}`;
}
