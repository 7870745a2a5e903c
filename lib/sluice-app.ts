import { type App, Tags, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import type { Domain, Environment, Project } from '#core/config/project.ts';
import { topicsOf } from '#core/config/topic.ts';
import type { GeneratorConfig } from '#core/generate/generator-config.ts';
import type { HttpPollConfig } from '#core/poll/poll-config.ts';
import { SINK_KINDS } from '#core/sink/sink-kinds.ts';
import { generatorProps, httpPollProps } from './connector-props.ts';
import type { FileIngestProps } from './constructs/file-ingest.ts';
import type { HttpIngestProps } from './constructs/http-ingest.ts';
import type { CatalogTable } from './constructs/iceberg-table.ts';
import type { LambdaBundler } from './constructs/lambda-code.ts';
import type { PublishedSchema } from './constructs/published-schemas.ts';
import type { SinkProps } from './constructs/sink.ts';
import { nameScope, physicalName } from './names.ts';
import { CatalogStack } from './stacks/catalog-stack.ts';
import { IngestionStack, type IngestionStackProps } from './stacks/ingestion-stack.ts';
import { KafkaStack } from './stacks/kafka-stack.ts';
import { OperationsStack } from './stacks/operations-stack.ts';
import { ProcessingStack, type ProcessingStackProps } from './stacks/processing-stack.ts';
import { StorageStack } from './stacks/storage-stack.ts';

/** Entry of the lake writer's bundle, relative to the project root. */
export const LAKE_WRITER_ENTRY = 'lambdas/processors/lake-writer.ts';

/** Entry of the committer's bundle. */
export const COMMITTER_ENTRY = 'lambdas/processors/committer.ts';

/** Entry of the ingestion API's bundle. */
export const HTTP_INGEST_ENTRY = 'lambdas/connectors/http-ingest.ts';

/** Entry of the sinks' bundle. */
export const SINK_ENTRY = 'lambdas/processors/sink.ts';

/** Entry of the file ingestion's bundle. */
export const FILE_INGEST_ENTRY = 'lambdas/connectors/file-ingest.ts';

/** Entry of the ledger's bundle. */
export const LEDGER_ENTRY = 'lambdas/batch/ledger.ts';

/** Entry of the maintenance's bundle. */
export const MAINTENANCE_ENTRY = 'lambdas/batch/maintenance.ts';

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
  /** Schemas of its streams, all versions. */
  readonly schemas: readonly PublishedSchema[];
  /** JSON of the lake writer's configuration. */
  readonly lakeWriterConfig: string;
  /** JSON of the ledger's configuration. */
  readonly ledgerConfig: string;
  /** JSON of the maintenance's configuration. */
  readonly maintenanceConfig: string;
  /** JSON of the ingestion API's configuration; null for a domain without connector. */
  readonly httpIngestConfig: string | null;
  /** The http-poll function's configuration; null for a domain without such connectors. */
  readonly httpPoll: HttpPollConfig | null;
  /** The generator function's configuration; null for a domain without such connectors. */
  readonly generator: GeneratorConfig | null;
  /** JSON of the file ingestion's configuration; null for a domain without files. */
  readonly fileIngestConfig: string | null;
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
  const cluster = addKafkaStack(app, deployment);
  for (const part of deployment.domains) {
    const kafka = kafkaOf(part.domain, cluster);
    addDomainStacks(app, { deployment, part, storage, operations, kafka });
  }
}

function addDomainStacks(
  app: App,
  options: {
    readonly deployment: Deployment;
    readonly part: DomainDeployment;
    readonly storage: StorageStack;
    readonly operations: OperationsStack;
    readonly kafka: IngestionStackProps['kafka'];
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
    schemas: options.part.schemas,
  });
  const ingestion = new IngestionStack(app, physicalName(names, domain.name, 'ingestion'), {
    ...describe('event stream'),
    ...statefulProps(environment),
    environment,
    domain,
    kafka: options.kafka,
  });
  const processing = new ProcessingStack(app, physicalName(names, domain.name, 'processing'), {
    ...describe('functions'),
    names,
    environment,
    domain: domain.name,
    settings: domain,
    maxOffsetLag: maxOffsetLag(domain, environment),
    streams: ingestion.streams,
    lake: storage.lake,
    deadLetters: storage.deadLetters,
    alarmTopic: operations.alarmTopic,
    tables: tables.map((table) => table.name),
    bundle: deployment.bundler.bundle(LAKE_WRITER_ENTRY),
    config: lakeWriterConfig,
    staging: storage.staging,
    committerBundle: deployment.bundler.bundle(COMMITTER_ENTRY),
    ledger: ledgerProps(options, ingestion),
    maintenance: {
      names,
      environment,
      domain: domain.name,
      settings: domain,
      staging: storage.staging,
      tables: tables.map(({ name }) => name),
      bundle: deployment.bundler.bundle(MAINTENANCE_ENTRY),
      config: options.part.maintenanceConfig,
    },
    sinks: sinkProps(options, ingestion),
    httpIngest: httpIngestProps(options, ingestion),
    httpPoll: httpPollProps(options, ingestion),
    generator: generatorProps(options, ingestion),
    fileIngest: fileIngestProps(options),
  });
  // Nothing in the templates says it: the writer must not start before its tables exist.
  processing.addStackDependency(catalog);
  // Nor that a mapping reads a topic, which it knows by name.
  if (options.kafka !== null) processing.addStackDependency(ingestion);
  for (const stack of [catalog, ingestion, processing]) {
    Tags.of(stack).add('sluice:domain', domain.name);
  }
}

/** Bursts above the expected rate are no reason for an alarm on a quiet topic. */
const MIN_OFFSET_LAG = 1_000;

/** What arrives at the expected rate in the time after which there is an alarm. */
function maxOffsetLag(domain: Domain, { alarms }: Environment): number | null {
  if (domain.buffer !== 'kafka') return null;
  const perSecond = domain.streams.reduce((sum, { rate }) => sum + rate.expectedPerSecond, 0);
  return Math.max(MIN_OFFSET_LAG, Math.ceil(perSecond * alarms.iteratorAgeSeconds));
}

/** The environment's own cluster, when a domain wants it: it costs more than everything else together. */
function addKafkaStack(app: App, deployment: Deployment): KafkaStack | null {
  const { project } = deployment;
  const isWanted = project.domains.some(
    ({ buffer, kafka }) => buffer === 'kafka' && kafka.clusterArn === null,
  );
  if (!isWanted) return null;
  const names = nameScope(project);
  return new KafkaStack(app, physicalName(names, 'kafka'), {
    ...stackProps(project, 'Kafka cluster and its network'),
    ...statefulProps(project.environment),
    names,
    environment: project.environment,
  });
}

function kafkaOf(domain: Domain, cluster: KafkaStack | null): IngestionStackProps['kafka'] {
  if (domain.buffer !== 'kafka') return null;
  const { clusterArn, network } = domain.kafka;
  if (clusterArn !== null) {
    return {
      clusterArn,
      network:
        network === null
          ? null
          : { subnetIds: network.subnets, securityGroupIds: network.securityGroups },
    };
  }
  return cluster === null ? null : { clusterArn: cluster.clusterArn, network: cluster.network };
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
    streams: ingestion.streams,
    deadLetters: storage.deadLetters,
    receipts: storage.receipts,
    staging: storage.staging,
    fileRuns: part.fileIngestConfig === null ? null : storage.connectorState,
    tables: part.tables.map(({ name }) => name),
    bundle: deployment.bundler.bundle(LEDGER_ENTRY),
    config: part.ledgerConfig,
  };
}

function fileIngestProps(options: {
  readonly deployment: Deployment;
  readonly part: DomainDeployment;
  readonly storage: StorageStack;
}): FileIngestProps | null {
  const { deployment, part, storage } = options;
  if (part.fileIngestConfig === null) return null;
  return {
    names: nameScope(deployment.project),
    environment: deployment.project.environment,
    domain: part.domain,
    landing: storage.landing,
    deadLetters: storage.deadLetters,
    connectorState: storage.connectorState,
    staging: storage.staging,
    tables: part.tables.map(({ name }) => name),
    bundle: deployment.bundler.bundle(FILE_INGEST_ENTRY),
    config: part.fileIngestConfig,
  };
}

/** One function per kind of sink, which reads the topics of the streams that name it. */
function sinkProps(
  options: {
    readonly deployment: Deployment;
    readonly part: DomainDeployment;
    readonly storage: StorageStack;
  },
  ingestion: IngestionStack,
): readonly SinkProps[] {
  const { deployment, part, storage } = options;
  const { domain } = part;
  return SINK_KINDS.flatMap((kind) => {
    const streams = domain.streams.filter(({ sinks }) => sinks.includes(kind.name));
    if (streams.length === 0) return [];
    const names = streams.map(({ name }) => name);
    const topics = topicsOf(domain).filter((topic) =>
      topic.streams.some((name) => names.includes(name)),
    );
    return [
      {
        names: nameScope(deployment.project),
        environment: deployment.project.environment,
        domain: domain.name,
        settings: domain,
        kind,
        streams: ingestion.streams.filter(({ topic }) => topics.some(({ name }) => name === topic)),
        lake: storage.lake,
        deadLetters: storage.deadLetters,
        bundle: deployment.bundler.bundle(SINK_ENTRY),
        config: part.lakeWriterConfig,
      },
    ];
  });
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
    streams: ingestion.streams,
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
