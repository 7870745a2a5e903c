import type { z } from 'zod';
import type {
  ApiGatewayService,
  AsyncLambdaService,
  AthenaService,
  CloudWatchService,
  DynamoDbService,
  EventBridgeService,
  EventSourceMappings,
  GlueService,
  IamService,
  KafkaService,
  KinesisService,
  LambdaService,
  QueueMappings,
  S3Service,
  SchedulerService,
  SecretsManagerService,
  SqsService,
  SsmService,
} from '../services.ts';
import type { FileAsset } from './load-assembly.ts';

/** What the deployer asks of the emulated services. */
export interface AssemblyServices {
  readonly s3: Pick<S3Service, 'ensureBucket'>;
  readonly kinesis: Pick<KinesisService, 'ensureStream'>;
  readonly kafka: Pick<KafkaService, 'ensureTopic' | 'watch' | 'bootstrapServers'>;
  readonly dynamoDb: Pick<DynamoDbService, 'ensureTable'>;
  readonly glue: Pick<GlueService, 'ensureDatabase' | 'ensureIcebergTable' | 'schemaRegistry'>;
  readonly athena: Pick<AthenaService, 'ensureWorkGroup'>;
  readonly lambda: Pick<LambdaService, 'ensureFunction'> &
    Pick<AsyncLambdaService, 'ensureEventInvokeConfig'>;
  readonly eventSourceMappings: Pick<EventSourceMappings, 'ensureMapping'>;
  readonly queueMappings: Pick<QueueMappings, 'ensureMapping'>;
  readonly sqs: Pick<SqsService, 'ensureQueue' | 'setPolicy'>;
  readonly eventBridge: Pick<EventBridgeService, 'ensureRule' | 'ensureBus'>;
  readonly cloudWatch: Pick<
    CloudWatchService,
    'ensureAlarm' | 'ensureTopic' | 'ensureSubscription'
  >;
  readonly scheduler: Pick<SchedulerService, 'ensureSchedule'>;
  readonly apiGateway: Pick<
    ApiGatewayService,
    'ensureApi' | 'ensureIntegration' | 'ensureRoute' | 'ensureStage'
  >;
  readonly secretsManager: Pick<SecretsManagerService, 'ensureSecret'>;
  readonly ssm: Pick<SsmService, 'ensureParameter'>;
  readonly iam: Pick<
    IamService,
    'ensureRole' | 'ensureRolePolicy' | 'ensureResourcePolicy' | 'assumeRole'
  >;
}

/** Where a resource stands and what its stack offers. */
export interface ResourcePlace {
  readonly stack: string;
  readonly logicalId: string;
  /** Name for a resource whose template gives none; the same at every start. */
  readonly generatedName: string;
  readonly assets: ReadonlyMap<string, FileAsset>;
  /** `http://127.0.0.1:port` of the local cloud. */
  readonly endpoint: string;
}

/** What other resources see of it: the value of `Ref`, and the attributes `Fn::GetAtt` may name. */
export interface ResourceIdentity {
  readonly ref: string;
  readonly attributes: Readonly<Record<string, string>>;
}

export interface EnsureContext {
  readonly services: AssemblyServices;
  readonly identity: ResourceIdentity;
  readonly place: ResourcePlace;
  /** `http://127.0.0.1:port` of the local cloud. */
  readonly endpoint: string;
}

export interface ResourceTypeDefinition<Properties> {
  /** Exactly the properties and values the local cloud understands; anything else is refused. */
  readonly properties: z.ZodType<Properties>;
  identify(properties: Properties, place: ResourcePlace): ResourceIdentity;
  /** Problems that a schema cannot express; each is a path below the resource and what is wrong. */
  check?(properties: Properties, place: ResourcePlace): readonly PropertyProblem[];
  /** Creates or updates the resource; null for a type without effect on one machine with one user. */
  readonly ensure:
    | ((properties: Properties, context: EnsureContext) => void | Promise<void>)
    | null;
  /** True when the resource must never change after its creation. */
  readonly frozen?: boolean;
}

export interface PropertyProblem {
  /** `property`: it is unknown, whatever its value; `value`: the property is known. */
  readonly about: 'property' | 'value';
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** A resource whose properties are understood. */
export interface ParsedResource {
  readonly identity: ResourceIdentity;
  ensure(context: EnsureContext): Promise<void>;
}

/** A resource type with its property type closed over, so that types of all kinds fit one table. */
export interface ResourceType {
  readonly inert: boolean;
  readonly frozen: boolean;
  parse(
    properties: unknown,
    place: ResourcePlace,
  ): { readonly resource: ParsedResource | null; readonly problems: readonly PropertyProblem[] };
}

export function defineResourceType<Properties>(
  definition: ResourceTypeDefinition<Properties>,
): ResourceType {
  const { ensure } = definition;
  return {
    inert: ensure === null,
    frozen: definition.frozen ?? false,
    parse(raw, place) {
      const parsed = definition.properties.safeParse(raw, { reportInput: true });
      if (!parsed.success)
        return { resource: null, problems: parsed.error.issues.flatMap(explain) };
      const properties = parsed.data;
      const identity = definition.identify(properties, place);
      return {
        problems: definition.check?.(properties, place) ?? [],
        resource: {
          identity,
          ensure: async (context) => {
            await ensure?.(properties, context);
          },
        },
      };
    },
  };
}

/** One problem per unknown property; zod reports them as one issue of the object. */
function explain(issue: z.core.$ZodIssue): PropertyProblem[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      about: 'property',
      path: [...issue.path, key],
      message: 'the local cloud does not emulate this property',
    }));
  }
  const expected = issue.message.replace(/^Invalid input: /, '').replace(/^Invalid/, 'invalid');
  const message = `${expected}, got ${describe(issue.input)}`;
  return [{ about: 'value', path: issue.path, message }];
}

const MAX_SHOWN_LENGTH = 80;

function describe(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > MAX_SHOWN_LENGTH ? `${text.slice(0, MAX_SHOWN_LENGTH)}...` : text;
}
