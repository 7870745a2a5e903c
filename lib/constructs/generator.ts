import { Duration } from 'aws-cdk-lib';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { connectorsOf } from '#core/config/connector.ts';
import { ConnectorFunction, type ConnectorProps } from './connector-function.ts';
import { ConnectorSchedules, isEnabled } from './connector-schedules.ts';

/** Over half a processor: a thousand events a second are made and encoded. */
const MEMORY_MB = 1_024;
/** The minute itself, and time to start and to send. */
const TIMEOUT = Duration.seconds(90);
/** As far apart as the time that a run makes the events of. */
const EVERY_MINUTE = 'rate(1 minute)';

/** Function that makes synthetic events, minute by minute. */
export class Generator extends Construct {
  readonly function: lambda.Function;

  constructor(scope: Construct, id: string, props: ConnectorProps) {
    super(scope, id);
    const { environment, domain } = props;
    const { function: handler } = new ConnectorFunction(this, 'Connector', {
      ...props,
      kind: 'generator',
      description: `Makes synthetic events of the ${domain.name} domain`,
      memoryMb: MEMORY_MB,
      timeout: TIMEOUT,
    });
    this.function = handler;
    new ConnectorSchedules(this, 'Schedules', {
      names: props.names,
      domain: domain.name,
      kind: 'generator',
      function: handler,
      schedules: connectorsOf(domain, 'generator').map((connector) => ({
        connector: connector.name,
        expression: EVERY_MINUTE,
        // Source: EventBridge Scheduler user guide, "Adding context attributes".
        input: JSON.stringify({
          connector: connector.name,
          scheduledTime: '<aws.scheduler.scheduled-time>',
        }),
        enabled: isEnabled(connector, environment.name),
      })),
    });
  }
}
