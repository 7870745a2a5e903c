import { publishSchemas } from '#app/publish-schemas.ts';
import { currentSchemaVersion, findStream } from '#core/schema/registry.ts';
import { loadProject } from '#runtime/load-project.ts';
import { type Command, stringOption } from '../command.ts';
import { openProjectRegistry } from '../schemas/registry-target.ts';

export const schemasPublish: Command = {
  name: 'schemas publish',
  summary: "put every version into the environment's schema registry, in order",
  usage: '[--env <name>] [--json]',
  options: { env: { type: 'string', value: '<name>', description: 'default: local' } },
  async run(context) {
    const { output, root } = context;
    const environment = stringOption(context, 'env') ?? 'local';
    const loaded = loadProject({ root, environment });
    const registry = await openProjectRegistry(loaded, root);
    if (registry === null) {
      output.line(`Environment ${environment} has no schema registry; nothing to publish.`);
      output.result({ ok: true, published: [] });
      return 0;
    }
    try {
      const streams = loaded.project.domains.flatMap((domain) => domain.streams);
      const published = await publishSchemas(loaded.registry, streams, registry);
      const ids = streams.flatMap(({ domain, name }) => {
        const schemas = findStream(published, domain, name);
        if (schemas === null) return [];
        const { version, schemaVersionId: id } = currentSchemaVersion(schemas);
        return [{ stream: `${domain}.${name}`, version, id }];
      });
      for (const { stream, version, id } of ids)
        output.line(`${stream}  version ${version}  ${id}`);
      output.result({ ok: true, published: ids });
      return 0;
    } finally {
      registry.close();
    }
  },
};
