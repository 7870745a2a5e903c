import { buildLakeWriterConfig, serializeLakeWriterConfig } from '#core/config/lambda-config.ts';
import {
  buildLedgerFunctionConfig,
  serializeLedgerFunctionConfig,
} from '#core/config/ledger-function-config.ts';
import {
  buildMaintenanceFunctionConfig,
  serializeMaintenanceFunctionConfig,
} from '#core/config/maintenance-function-config.ts';
import type { Domain, Project } from '#core/config/project.ts';
import { SluiceError } from '#core/errors.ts';
import { buildFileIngestConfig, serializeFileIngestConfig } from '#core/file/file-ingest-config.ts';
import { buildGeneratorConfig } from '#core/generate/generator-config.ts';
import {
  buildHttpIngestConfig,
  serializeHttpIngestConfig,
} from '#core/ingest/http-ingest-config.ts';
import { buildHttpPollConfig } from '#core/poll/poll-config.ts';
import { subjectOf } from '#core/schema/identify-schema.ts';
import { findStream, type Registry } from '#core/schema/registry.ts';
import { REJECTED_TABLE, REJECTED_TABLE_SHAPE } from '#core/schema/rejected-table.ts';
import { type LoadedProject, loadProject } from '#runtime/load-project.ts';
import type { CatalogTable } from './constructs/iceberg-table.ts';
import type { LambdaBundler } from './constructs/lambda-code.ts';
import type { PublishedSchema } from './constructs/published-schemas.ts';
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
    schemas: publishedSchemas(domain, registry),
    lakeWriterConfig: serializeLakeWriterConfig(
      buildLakeWriterConfig(project, registry, { domain: domain.name }),
    ),
    ledgerConfig: serializeLedgerFunctionConfig(
      buildLedgerFunctionConfig(project, registry, { domain: domain.name }),
    ),
    maintenanceConfig: serializeMaintenanceFunctionConfig(
      buildMaintenanceFunctionConfig(project, { domain: domain.name }),
    ),
    httpIngestConfig: httpIngestConfig(project, domain, registry),
    httpPoll: buildHttpPollConfig(project, domain, registry),
    generator: buildGeneratorConfig(project, domain, registry),
    fileIngestConfig: fileIngestConfig(project, domain, registry),
  }));
  return { project, domains, bundler };
}

function httpIngestConfig(project: Project, domain: Domain, registry: Registry): string | null {
  const config = buildHttpIngestConfig(project, domain, registry);
  return config === null ? null : serializeHttpIngestConfig(config);
}

function fileIngestConfig(project: Project, domain: Domain, registry: Registry): string | null {
  const config = buildFileIngestConfig(project, registry, { domain: domain.name });
  return config === null ? null : serializeFileIngestConfig(config);
}

/** One table per stream, named after it, and one for the events that are not taken in. */
function catalogTables(domain: Domain, registry: Registry): readonly CatalogTable[] {
  const rejected = { name: REJECTED_TABLE, shape: REJECTED_TABLE_SHAPE };
  const bronze = domain.streams.map(({ name }) => {
    const schemas = findStream(registry, domain.name, name);
    if (schemas === null) {
      throw new SluiceError(
        'CONFIG_INVALID',
        `expected the table shape of ${domain.name}.${name} in schemas/tables, got none; run "npm run generate"`,
      );
    }
    return { name, shape: schemas.table };
  });
  return [...bronze, rejected];
}

function publishedSchemas(domain: Domain, registry: Registry): readonly PublishedSchema[] {
  return domain.streams.map((stream) => ({
    name: subjectOf('glue', domain.name, stream.name),
    description: stream.description,
    compatibility: stream.compatibility,
    versions: (findStream(registry, domain.name, stream.name)?.schemaVersions ?? []).map(
      ({ avro }) => avro,
    ),
  }));
}
