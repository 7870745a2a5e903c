import path from 'node:path';
import { openDelegates } from '../compose/open-delegates.ts';
import { createAthenaService } from './athena/athena-service.ts';
import { createCloudWatchService } from './cloudwatch/cloudwatch-service.ts';
import { openDynamoDbService } from './dynamodb/dynamodb-service.ts';
import { createGlueService } from './glue/glue-service.ts';
import { createIamService } from './iam/iam-service.ts';
import { createKafkaService } from './kafka/kafka-service.ts';
import { createKinesisService } from './kinesis/kinesis-service.ts';
import type { LocalCloudOptions } from './local-cloud-options.ts';
import { openS3Service } from './s3/s3-service.ts';
import { createSecretsManagerService } from './secretsmanager/secretsmanager-service.ts';
import type { S3Service } from './services.ts';
import { openSqsService } from './sqs/sqs-service.ts';
import { createSsmService } from './ssm/ssm-service.ts';

export type Stores = Awaited<ReturnType<typeof openStores>>;

/**
 * The services that keep something and invoke nothing, on the kept state or at the programs that serve them. `opened` is told of
 * each, so that it is closed whatever comes after.
 */
export async function openStores(
  options: Pick<LocalCloudOptions, 'stateDir' | 'delegates' | 'brokerFile'>,
  context: {
    readonly opened: <T extends { close(): Promise<void> }>(service: T) => T;
    readonly logAlarm: (line: string) => void;
  },
) {
  const { opened, logAlarm } = context;
  const folder = (service: string): string => path.join(options.stateDir, service);
  const delegates = openDelegates(options.delegates ?? {}, { stateDir: options.stateDir });
  // First: LevelDB's lock keeps a second local cloud off the state.
  const dynamoDb = opened(
    await (delegates.dynamoDb() ?? openDynamoDbService({ stateDir: folder('dynamodb') })),
  );
  const s3: S3Service = opened(
    await (delegates.s3() ?? openS3Service({ stateDir: folder('s3'), nowMs: Date.now })),
  );
  const kinesis = opened(
    await (delegates.kinesis() ?? createKinesisService({ stateDir: folder('kinesis') })),
  );
  const glue = opened(createGlueService({ stateDir: folder('glue'), s3 }));
  const iam = createIamService();
  const cloudWatch = opened(createCloudWatchService({ iam, logAlarm }));
  return {
    dynamoDb,
    s3,
    kinesis,
    kafka: opened(createKafkaService({ brokerFile: options.brokerFile ?? null })),
    glue,
    athena: opened(createAthenaService({ stateDir: folder('athena'), s3, glue })),
    secretsManager: opened(createSecretsManagerService({ stateDir: folder('secretsmanager') })),
    ssm: opened(createSsmService({ stateDir: folder('ssm') })),
    iam,
    cloudWatch,
    sqs: opened(openSqsService({ stateDir: folder('sqs'), iam, metrics: cloudWatch })),
  };
}
