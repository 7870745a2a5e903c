import { type App, Tags, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import type { Domain, Environment, Project } from '#core/config/project.ts';
import type { HttpIngestProps } from './constructs/http-ingest.ts';
import type { CatalogTable } from './constructs/iceberg-table.ts';
import type { LambdaBundler } from './constructs/lambda-code.ts';
import { nameScope, physicalName } from './names.ts';
import { CatalogStack } from './stacks/catalog-stack.ts';
import { IngestionStack } from './stacks/ingestion-stack.ts';
import { OperationsStack } from './stacks/operations-stack.ts';
import { ProcessingStack, type ProcessingStackProps } from './stacks/processing-stack.ts';
import { StorageStack } from './stacks/storage-stack.ts';

/** Entry of the lake writer's bundle, relative to the project root. */
export const LAKE_WRITER_ENTRY = 'lambdas/processors/lake-writer.ts';

/** Entry of the ingestion API's bundle. */
export const HTTP_INGEST_ENTRY = 'lambdas/connectors/http-ingest.ts';

/** Entry of the ledger's bundle. */
export const LEDGER_ENTRY = 'lambdas/batch/ledger.ts';

/** One environment, resolved: everything the stacks are made from. */
export interface Deployment {
  readonly project: Project;
  readonly domains: readonly DomainDeployment[];
  readonly bundler: LambdaBundler;
}

export interface DomainDeployment {
  readonly domain: Domain;
  /** Bronze tables as they are created. */
  readonly tables: readonly CatalogTable[];
  /** JSON of the lake writer's configuration. */
  readonly lakeWriterConfig: string;
  /** JSON of the ledger's configuration. */
  readonly ledgerConfig: string;
  /** JSON of the ingestion API's configuration; null for a domain without connector. */
  readonly httpIngestConfig: string | null;
}

/** Adds every stack of one environment to the app; the AWS Solutions rules then fail its synthesis on any finding. */
export function addStacks(app: App, deployment: Deployment): void {
  const { platform, environment } = deployment.project;
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  Tags.of(app).add('sluice:platform', platform.name);
  Tags.of(app).add('sluice:environment', environment.name);
  const names = nameScope(deployment.project);
  const storage = new StorageStack(app, physicalName(names, 'storage'), {
    ...stackProps(deployment.project, 'buckets, query workgroup and platform tables'),
    ...statefulProps(environment),
    names,
    environment,
  });
  const operations = new OperationsStack(app, physicalName(names, 'operations'), {
    ...stackProps(deployment.project, 'alarm topic and its key'),
    names,
    environment,
  });
  for (const part of deployment.domains) {
    addDomainStacks(app, { deployment, part, storage, operations });
  }
}

function addDomainStacks(
  app: App,
  options: {
    readonly deployment: Deployment;
    readonly part: DomainDeployment;
    readonly storage: StorageStack;
    readonly operations: OperationsStack;
  },
): void {
  const { deployment, storage, operations } = options;
  const { domain, tables, lakeWriterConfig } = options.part;
  const { environment } = deployment.project;
  const names = nameScope(deployment.project);
  const describe = (content: string) =>
    stackProps(deployment.project, `${content} of domain ${domain.name}`);
  const catalog = new CatalogStack(app, physicalName(names, domain.name, 'catalog'), {
    ...describe('database and Iceberg tables'),
    ...statefulProps(environment),
    environment,
    domain,
    lake: storage.lake,
    tables,
  });
  const ingestion = new IngestionStack(app, physicalName(names, domain.name, 'ingestion'), {
    ...describe('event stream'),
    ...statefulProps(environment),
    names,
    environment,
    domain,
  });
  const processing = new ProcessingStack(app, physicalName(names, domain.name, 'processing'), {
    ...describe('functions'),
    names,
    environment,
    domain: domain.name,
    stream: ingestion.stream,
    lake: storage.lake,
    deadLetters: storage.deadLetters,
    alarmTopic: operations.alarmTopic,
    tables: tables.map((table) => table.name),
    bundle: deployment.bundler.bundle(LAKE_WRITER_ENTRY),
    config: lakeWriterConfig,
    ledger: ledgerProps(options, ingestion),
    httpIngest: httpIngestProps(options, ingestion),
  });
  // Nothing in the templates says it: the writer must not start before its tables exist.
  processing.addStackDependency(catalog);
  for (const stack of [catalog, ingestion, processing]) {
    Tags.of(stack).add('sluice:domain', domain.name);
  }
}

function ledgerProps(
  options: {
    readonly deployment: Deployment;
    readonly part: DomainDeployment;
    readonly storage: StorageStack;
  },
  ingestion: IngestionStack,
): ProcessingStackProps['ledger'] {
  const { deployment, part, storage } = options;
  return {
    names: nameScope(deployment.project),
    environment: deployment.project.environment,
    domain: part.domain.name,
    stream: ingestion.stream,
    deadLetters: storage.deadLetters,
    receipts: storage.receipts,
    tables: part.tables.map(({ name }) => name),
    bundle: deployment.bundler.bundle(LEDGER_ENTRY),
    config: part.ledgerConfig,
  };
}

function httpIngestProps(
  options: {
    readonly deployment: Deployment;
    readonly part: DomainDeployment;
    readonly storage: StorageStack;
  },
  ingestion: IngestionStack,
): HttpIngestProps | null {
  const { deployment, part, storage } = options;
  if (part.httpIngestConfig === null) return null;
  return {
    names: nameScope(deployment.project),
    environment: deployment.project.environment,
    domain: part.domain,
    stream: ingestion.stream,
    receipts: storage.receipts,
    bundle: deployment.bundler.bundle(HTTP_INGEST_ENTRY),
    config: part.httpIngestConfig,
  };
}

/** An account or region left out makes the stack environment-agnostic. */
function stackProps(project: Project, content: string) {
  const { account, region } = project.environment;
  return {
    description: `${project.platform.name} ${project.environment.name}: ${content}`,
    env: { ...(account === null ? {} : { account }), ...(region === null ? {} : { region }) },
  };
}

/** A stack whose data outlives it cannot be deleted by one careless command. */
function statefulProps(environment: Environment) {
  return { terminationProtection: environment.removalPolicy === 'retain' };
}
