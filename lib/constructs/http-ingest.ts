import { Duration } from 'aws-cdk-lib';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { connectorsOf } from '#core/config/connector.ts';
import { physicalName } from '../names.ts';
import { ConnectorFunction, type ConnectorProps } from './connector-function.ts';
import { HttpIngestApi, INTEGRATION_TIMEOUT_MS } from './http-ingest-api.ts';

export type HttpIngestProps = ConnectorProps;

/** Over half a processor, so that a megabyte of JSON is read in tens of milliseconds. */
const MEMORY_MB = 1_024;
/** Ends before the API stops waiting, so that the client gets the function's answer. */
const TIMEOUT_MS = INTEGRATION_TIMEOUT_MS - 1_000;

/** API of a domain and the function behind it: JSON in, events on the domain's stream. */
export class HttpIngest extends Construct {
  readonly function: lambda.Function;
  readonly api: HttpIngestApi;

  constructor(scope: Construct, id: string, props: HttpIngestProps) {
    super(scope, id);
    const { names, environment, domain } = props;
    this.function = new ConnectorFunction(this, 'Function', {
      ...props,
      kind: 'http-ingest',
      description: `Puts events that clients post on the ${domain.name} stream`,
      memoryMb: MEMORY_MB,
      timeout: Duration.millis(TIMEOUT_MS),
    }).function;
    this.api = new HttpIngestApi(this, 'Http', {
      environment,
      domain: domain.name,
      connectors: connectorsOf(domain, 'http-ingest'),
      function: this.function,
      name: physicalName(names, domain.name, 'http-ingest'),
    });
  }
}
