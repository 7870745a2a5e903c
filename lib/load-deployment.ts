import { buildLakeWriterConfig, serializeLakeWriterConfig } from '#core/config/lambda-config.ts';
import type { Domain } from '#core/config/project.ts';
import { SluiceError } from '#core/errors.ts';
import { findStream, type Registry } from '#core/schema/registry.ts';
import { type LoadedProject, loadProject } from '#runtime/load-project.ts';
import type { CatalogTable } from './constructs/iceberg-table.ts';
import type { LambdaBundler } from './constructs/lambda-code.ts';
import type { Deployment } from './sluice-app.ts';

/** Everything the stacks of one environment are made from, read below the project root. Throws CONFIG_INVALID. */
export function loadDeployment(options: {
  readonly root: string;
  readonly environment: string;
  readonly bundler: LambdaBundler;
}): Deployment {
  const { root, environment, bundler } = options;
  return createDeployment(loadProject({ root, environment }), bundler);
}

export function createDeployment(
  loaded: Pick<LoadedProject, 'project' | 'registry'>,
  bundler: LambdaBundler,
): Deployment {
  const { project, registry } = loaded;
  const domains = project.domains.map((domain) => ({
    domain,
    tables: catalogTables(domain, registry),
    lakeWriterConfig: serializeLakeWriterConfig(
      buildLakeWriterConfig(project, registry, { domain: domain.name }),
    ),
  }));
  return { project, domains, bundler };
}

/** One table per stream, named after it. */
function catalogTables(domain: Domain, registry: Registry): readonly CatalogTable[] {
  return domain.streams.map(({ name }) => {
    const schemas = findStream(registry, domain.name, name);
    if (schemas === null) {
      throw new SluiceError(
        'CONFIG_INVALID',
        `expected the table shape of ${domain.name}.${name} in schemas/tables, got none; run "npm run generate"`,
      );
    }
    return { name, shape: schemas.table };
  });
}
