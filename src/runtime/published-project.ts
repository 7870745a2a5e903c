import { publishSchemas } from '#app/publish-schemas.ts';
import type { LoadedProject } from './load-project.ts';
import { openEnvironmentRegistry, type RegistryAccessOptions } from './schema-registry-access.ts';

/**
 * The project as producers outside a function write it: every stream's newest version has the id of the
 * environment's schema registry, where versions that are missing are registered. The project itself without
 * a registry. Throws SOURCE_UNAVAILABLE when the registry does not answer, SCHEMA_INCOMPATIBLE when it refuses.
 */
export async function publishedProject(
  loaded: LoadedProject,
  options: RegistryAccessOptions,
): Promise<LoadedProject> {
  const { domains, environment } = loaded.project;
  const access = openEnvironmentRegistry(environment, options);
  if (access === null) return loaded;
  try {
    const streams = domains.flatMap((domain) => domain.streams);
    return { ...loaded, registry: await publishSchemas(loaded.registry, streams, access) };
  } finally {
    access.close();
  }
}
