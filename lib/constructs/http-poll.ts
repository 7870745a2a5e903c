import { Duration } from 'aws-cdk-lib';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { connectorsOf, type HttpPollConnector } from '#core/config/connector.ts';
import type { SecretsConfig } from '#core/secret/secrets-config.ts';
import { ConnectorFunction, type ConnectorProps } from './connector-function.ts';
import { ConnectorSchedules, isEnabled } from './connector-schedules.ts';
import type { ObjectGrant } from './policy-grants.ts';
import { secretGrants } from './secret-grants.ts';

export interface HttpPollProps extends ConnectorProps {
  readonly connectorState: ITable;
  readonly deadLetters: IBucket;
  /** Where the secrets of the connectors are. */
  readonly secrets: SecretsConfig;
}

/** Over half a processor, and room for a response of ten megabytes. */
const MIN_MEMORY_MB = 1_024;
/** A response is read twice and becomes rows and events: measured, 40 to 60 times its size. */
const MEMORY_PER_RESPONSE_BYTE = 60;
/** As long as a function may run: a walk through many pages goes on until it is over. Source: Lambda quotas. */
const TIMEOUT = Duration.minutes(15);

/** Function that asks the HTTP APIs of a domain's connectors, each on its schedule. */
export class HttpPoll extends Construct {
  readonly function: lambda.Function;

  constructor(scope: Construct, id: string, props: HttpPollProps) {
    super(scope, id);
    const { environment, domain, names } = props;
    const connectors = connectorsOf(domain, 'http-poll');
    const { function: handler } = new ConnectorFunction(this, 'Connector', {
      ...props,
      kind: 'http-poll',
      description: `Asks external APIs for events of the ${domain.name} domain`,
      memoryMb: memoryFor(connectors),
      timeout: TIMEOUT,
      variables: {
        CONNECTORS_TABLE: props.connectorState.tableName,
        DEAD_LETTER_BUCKET: props.deadLetters.bucketName,
      },
      policies: {
        KeepState: [
          { actions: ['dynamodb:UpdateItem'], resources: [props.connectorState.tableArn] },
        ],
        ReadSecrets: secretGrants(props.secrets),
      },
      objects: connectors.map((connector) => badRecordGrant(domain.name, connector)),
    });
    this.function = handler;
    new ConnectorSchedules(this, 'Schedules', {
      names,
      domain: domain.name,
      kind: 'http-poll',
      function: handler,
      schedules: connectors.map((connector) => ({
        connector: connector.name,
        expression: rate(connector.everyMinutes),
        input: JSON.stringify({ connector: connector.name }),
        enabled: isEnabled(connector, environment.name),
      })),
    });
  }
}

function memoryFor(connectors: readonly HttpPollConnector[]): number {
  const largest = Math.max(...connectors.map(({ limits }) => limits.maxResponseBytes));
  return Math.max(MIN_MEMORY_MB, Math.ceil((largest * MEMORY_PER_RESPONSE_BYTE) / 1_000_000));
}

function rate(minutes: number): string {
  return `rate(${minutes} ${minutes === 1 ? 'minute' : 'minutes'})`;
}

function badRecordGrant(domain: string, { name, stream }: HttpPollConnector): ObjectGrant {
  return {
    actions: ['s3:PutObject'],
    bucket: 'dead-letter',
    prefix: `${domain}/${stream}/http-poll/${name}/`,
    reason:
      'records that do not fit are filed under the hash of their content; the prefix is that of the connector',
  };
}
