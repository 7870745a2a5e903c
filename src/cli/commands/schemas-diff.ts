import { SluiceError } from '#core/errors.ts';
import type { AvroRecord } from '#core/schema/avro-schema.ts';
import { formatDiff } from '#core/schema/evolution/format-diff.ts';
import { diffSchemas } from '#core/schema/evolution/schema-diff.ts';
import type { SchemaVersion, StreamSchemas } from '#core/schema/registry.ts';
import { loadProject } from '#runtime/load-project.ts';
import { type Command, usageError } from '../command.ts';
import { findSchemas } from '../schemas/find-schemas.ts';

export const schemasDiff: Command = {
  name: 'schemas diff',
  summary: 'how two versions of a schema differ',
  usage: '<domain>.<stream> [<version> <version>] [--json]',
  options: {},
  positionals: { min: 1, max: 3 },
  async run({ root, output, positionals }) {
    const [name = '', from, to] = positionals;
    const { registry } = loadProject({ root, environment: 'local' });
    const schemas = findSchemas(registry, name);
    const newest = schemas.schemaVersions.length;
    if (from !== undefined && to === undefined) {
      throw usageError(schemasDiff, `expected two versions or none, got "${from}" alone`);
    }
    if (from === undefined && newest === 1) {
      output.line(`${schemas.domain}.${schemas.stream} has one version.`);
      output.result({ ok: true, from: 1, to: 1, differences: [] });
      return 0;
    }
    const before = versionOf(schemas, from ?? String(newest - 1));
    const after = versionOf(schemas, to ?? String(newest));
    const differences = diffSchemas(parse(before), parse(after));
    const title = `${schemas.domain}.${schemas.stream}  version ${before.version} → ${after.version}`;
    output.line(differences.length === 0 ? `${title}  no difference` : title);
    for (const line of formatDiff(differences)) output.line(`  ${line}`);
    output.result({ ok: true, from: before.version, to: after.version, differences });
    return 0;
  },
};

function parse({ avro }: SchemaVersion): AvroRecord {
  return JSON.parse(avro) as AvroRecord;
}

function versionOf({ schemaVersions }: StreamSchemas, text: string): SchemaVersion {
  const found = schemaVersions.find(({ version }) => String(version) === text);
  if (found !== undefined) return found;
  throw new SluiceError(
    'USAGE',
    `expected a version from 1 to ${schemaVersions.length}, got "${text}"`,
  );
}
