import { localTarget } from '#runtime/aws-clients.ts';
import type { LoadedProject } from '#runtime/load-project.ts';
import {
  openEnvironmentRegistry,
  type SchemaRegistryAccess,
} from '#runtime/schema-registry-access.ts';
import { requireLocalCloud } from '../local-cloud.ts';

/**
 * The registry of the project's environment; null when it has none. That of `local` in Glue is the local
 * cloud's, which has to be up; any other is asked with the caller's own rights.
 */
export async function openProjectRegistry(
  { project }: LoadedProject,
  root: string,
): Promise<SchemaRegistryAccess | null> {
  const { environment } = project;
  const isLocal = environment.name === 'local' && environment.schemaRegistry.kind === 'glue';
  const target = isLocal ? localTarget((await requireLocalCloud(root)).endpoint) : {};
  return openEnvironmentRegistry(environment, { target, root });
}
