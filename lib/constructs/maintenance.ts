import { Aws, Duration, Validations } from 'aws-cdk-lib';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import { Construct } from 'constructs';
import {
  MAINTENANCE_MEMORY_MB,
  maintenanceEngine,
} from '#core/config/maintenance-function-config.ts';
import { type DomainSettings, databaseName, type Environment } from '#core/config/project.ts';
import { type NameScope, physicalName } from '../names.ts';
import { dataRemovalPolicy } from '../removal-policy.ts';
import { METRICS_NAMESPACE } from './lake-writer.ts';
import { withLambdaCode } from './lambda-code.ts';
import { maintenanceAcknowledgements, maintenancePolicies } from './maintenance-permissions.ts';
import { allow } from './policy-grants.ts';
import { TableOptimizers } from './table-optimizers.ts';

export interface MaintenanceProps {
  readonly names: NameScope;
  readonly environment: Environment;
  readonly domain: string;
  /** Of the domain. */
  readonly settings: Pick<DomainSettings, 'maintenance'>;
  /** Where writers note what they have staged. */
  readonly staging: ITable;
  /** Tables of the bronze database, `rejected` among them. */
  readonly tables: readonly string[];
  /** ES module of the handler. */
  readonly bundle: Uint8Array;
  /** JSON of the function's configuration, shipped beside the bundle. */
  readonly config: string;
}

/** A run ends by itself before its time is up, and the next one goes on. Source: Lambda quotas. */
const TIMEOUT = Duration.minutes(15);

/** Function that keeps the tables of a domain in order on a schedule, and Glue's optimizers for tables that are left to them. */
export class Maintenance extends Construct {
  readonly function: lambda.Function;
  readonly every: Duration;

  constructor(scope: Construct, id: string, props: MaintenanceProps) {
    super(scope, id);
    const { maintenance } = props.settings;
    this.every = Duration.minutes(maintenance.everyMinutes);
    const name = physicalName(props.names, props.domain, 'maintenance');
    this.function = this.createFunction(name, props);
    this.schedule(name, props);
    const optimized = props.tables.filter((table) => engineOf(props, table) === 'glue');
    if (optimized.length > 0) {
      new TableOptimizers(this, 'Optimizers', {
        names: props.names,
        domain: props.domain,
        database: databaseOf(props),
        tables: optimized,
        orphanAgeMs: maintenance.orphanAgeMs,
      });
    }
  }

  private createFunction(name: string, props: MaintenanceProps): lambda.Function {
    const { environment, domain, names } = props;
    const logGroup = new logs.LogGroup(this, 'Logs', {
      logGroupName: `/aws/lambda/${name}`,
      retention: environment.logRetentionDays,
      removalPolicy: dataRemovalPolicy(environment),
    });
    const asksAthena = props.tables.some((table) => engineOf(props, table) === 'athena');
    // The workgroup is named so in the storage stack.
    const workGroup = asksAthena ? physicalName(names) : null;
    const resources = { ...props, database: databaseOf(props), workGroup, logGroup };
    const role = new iam.Role(this, 'Role', {
      description: `Execution role of the ${domain} maintenance`,
      assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
      inlinePolicies: maintenancePolicies(resources),
    });
    Validations.of(role).acknowledge(...maintenanceAcknowledgements(resources));
    return withLambdaCode(
      props,
      (code) =>
        new lambda.Function(this, 'Function', {
          functionName: name,
          description: `Keeps the tables of ${domain} in order`,
          runtime: lambda.Runtime.NODEJS_24_X,
          architecture: lambda.Architecture.ARM_64,
          handler: 'index.handler',
          code,
          role,
          logGroup,
          memorySize: MAINTENANCE_MEMORY_MB,
          timeout: TIMEOUT,
          environment: {
            STAGING_TABLE: props.staging.tableName,
            ...(workGroup === null ? {} : { ATHENA_WORKGROUP: workGroup }),
            POWERTOOLS_SERVICE_NAME: name,
            POWERTOOLS_METRICS_NAMESPACE: METRICS_NAMESPACE,
            POWERTOOLS_LOG_LEVEL: 'INFO',
          },
        }),
    );
  }

  private schedule(name: string, props: MaintenanceProps): void {
    const role = new iam.Role(this, 'ScheduleRole', {
      description: `Starts the ${props.domain} maintenance`,
      // Source: EventBridge Scheduler user guide, "Confused deputy prevention".
      assumedBy: new iam.ServicePrincipal('scheduler.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
      }),
      inlinePolicies: {
        Invoke: allow({
          actions: ['lambda:InvokeFunction'],
          resources: [this.function.functionArn],
        }),
      },
    });
    const { everyMinutes } = props.settings.maintenance;
    new scheduler.CfnSchedule(this, 'Schedule', {
      name,
      description: `Keeps the tables of ${props.domain} in order`,
      scheduleExpression: `rate(${everyMinutes} minutes)`,
      flexibleTimeWindow: { mode: 'OFF' },
      target: {
        arn: this.function.functionArn,
        roleArn: role.roleArn,
        input: '{}',
        // The next run does what a failed one left.
        retryPolicy: { maximumRetryAttempts: 0 },
      },
    });
  }
}

function engineOf({ settings, environment }: MaintenanceProps, table: string) {
  return maintenanceEngine(settings.maintenance, table, { environment: environment.name });
}

function databaseOf({ environment, domain }: MaintenanceProps): string {
  return databaseName(environment.name, domain, 'bronze');
}
