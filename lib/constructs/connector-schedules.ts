import { createHash } from 'node:crypto';
import { Aws } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import { Construct } from 'constructs';
import type { HttpPollConnector } from '#core/config/connector.ts';
import { type NameScope, physicalName } from '../names.ts';
import { allow } from './policy-grants.ts';

export interface ConnectorSchedulesProps {
  readonly names: NameScope;
  readonly domain: string;
  /** Kind of the connectors; the function's name ends with it. */
  readonly kind: 'http-poll' | 'generator';
  readonly function: lambda.Function;
  readonly schedules: readonly ConnectorSchedule[];
}

export interface ConnectorSchedule {
  readonly connector: string;
  /** `rate(5 minutes)` or `cron(…)`. */
  readonly expression: string;
  /** JSON of the function's event; may hold context attributes of the scheduler. */
  readonly input: string;
  /** Switched off where the connector is not meant to run; the function can be called by hand all the same. */
  readonly enabled: boolean;
}

/** True where the connector's schedule is switched on. */
export function isEnabled(
  { environments }: Pick<HttpPollConnector, 'environments'>,
  environment: string,
): boolean {
  return environments === null || environments.includes(environment);
}

/** Longest name of a schedule. Source: EventBridge Scheduler API, CreateSchedule. */
const MAX_NAME = 64;
const HASH_LENGTH = 8;

/** One schedule per connector of a kind, all of one function. */
export class ConnectorSchedules extends Construct {
  constructor(scope: Construct, id: string, props: ConnectorSchedulesProps) {
    super(scope, id);
    const { domain, kind } = props;
    const role = new iam.Role(this, 'Role', {
      description: `Starts the ${kind} connectors of ${domain}`,
      // Source: EventBridge Scheduler user guide, "Confused deputy prevention".
      assumedBy: new iam.ServicePrincipal('scheduler.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
      }),
      inlinePolicies: {
        Invoke: allow({
          actions: ['lambda:InvokeFunction'],
          resources: [props.function.functionArn],
        }),
      },
    });
    // A scope of their own gives logical ids a hash: `a_b` and `ab` stay apart.
    const schedules = new Construct(this, 'Connectors');
    for (const { connector, expression, input, enabled } of props.schedules) {
      new scheduler.CfnSchedule(schedules, connector, {
        name: scheduleName(physicalName(props.names, domain, kind, connector)),
        description: `Runs connector ${connector} of ${domain}`,
        scheduleExpression: expression,
        state: enabled ? 'ENABLED' : 'DISABLED',
        flexibleTimeWindow: { mode: 'OFF' },
        target: {
          arn: props.function.functionArn,
          roleArn: role.roleArn,
          input,
          // The next run does what a failed one left.
          retryPolicy: { maximumRetryAttempts: 0 },
        },
      });
    }
  }
}

/** The name itself, or its beginning and a hash of the whole, so that two long ones stay apart. */
function scheduleName(name: string): string {
  if (name.length <= MAX_NAME) return name;
  const hash = createHash('sha256').update(name).digest('hex').slice(0, HASH_LENGTH);
  return `${name.slice(0, MAX_NAME - HASH_LENGTH - 1)}-${hash}`;
}
