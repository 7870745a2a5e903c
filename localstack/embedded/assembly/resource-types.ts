import type { ResourceType } from './resource-type.ts';
import { APIGATEWAY_RESOURCE_TYPES } from './resources/apigateway.ts';
import { ATHENA_RESOURCE_TYPES } from './resources/athena.ts';
import { CDK_RESOURCE_TYPES } from './resources/cdk.ts';
import { CLOUDWATCH_RESOURCE_TYPES } from './resources/cloudwatch.ts';
import { DYNAMODB_RESOURCE_TYPES } from './resources/dynamodb.ts';
import { EVENTS_RESOURCE_TYPES } from './resources/events.ts';
import { GLUE_RESOURCE_TYPES } from './resources/glue.ts';
import { GLUE_SCHEMA_RESOURCE_TYPES } from './resources/glue-schema.ts';
import { IAM_RESOURCE_TYPES } from './resources/iam.ts';
import { KINESIS_RESOURCE_TYPES } from './resources/kinesis.ts';
import { KMS_RESOURCE_TYPES } from './resources/kms.ts';
import { LAMBDA_RESOURCE_TYPES } from './resources/lambda.ts';
import { LOGS_RESOURCE_TYPES } from './resources/logs.ts';
import { MSK_RESOURCE_TYPES } from './resources/msk.ts';
import { S3_RESOURCE_TYPES } from './resources/s3.ts';
import { SCHEDULER_RESOURCE_TYPES } from './resources/scheduler.ts';
import { SECRETSMANAGER_RESOURCE_TYPES } from './resources/secretsmanager.ts';
import { SNS_RESOURCE_TYPES } from './resources/sns.ts';
import { SQS_RESOURCE_TYPES } from './resources/sqs.ts';
import { SSM_RESOURCE_TYPES } from './resources/ssm.ts';

/** Every resource type the local cloud deploys or knowingly leaves without effect; any other is refused. */
const RESOURCE_TYPES: ReadonlyMap<string, ResourceType> = new Map(
  [
    APIGATEWAY_RESOURCE_TYPES,
    ATHENA_RESOURCE_TYPES,
    CDK_RESOURCE_TYPES,
    CLOUDWATCH_RESOURCE_TYPES,
    DYNAMODB_RESOURCE_TYPES,
    EVENTS_RESOURCE_TYPES,
    GLUE_RESOURCE_TYPES,
    GLUE_SCHEMA_RESOURCE_TYPES,
    IAM_RESOURCE_TYPES,
    KINESIS_RESOURCE_TYPES,
    KMS_RESOURCE_TYPES,
    LAMBDA_RESOURCE_TYPES,
    LOGS_RESOURCE_TYPES,
    MSK_RESOURCE_TYPES,
    S3_RESOURCE_TYPES,
    SCHEDULER_RESOURCE_TYPES,
    SECRETSMANAGER_RESOURCE_TYPES,
    SNS_RESOURCE_TYPES,
    SQS_RESOURCE_TYPES,
    SSM_RESOURCE_TYPES,
  ].flatMap((types) => Object.entries(types)),
);

export function resourceType(name: string): ResourceType | null {
  return RESOURCE_TYPES.get(name) ?? null;
}
