import { CfnOutput, Duration, Stack, type StackProps } from 'aws-cdk-lib';
import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import type { Construct } from 'constructs';
import type { Domain, Environment } from '#core/config/project.ts';
import { domainStreamName, type NameScope } from '../names.ts';
import { dataRemovalPolicy } from '../removal-policy.ts';

export interface IngestionStackProps extends StackProps {
  readonly names: NameScope;
  readonly environment: Environment;
  readonly domain: Domain;
}

/** Stateful: the stream that buffers a domain's events until they are committed. */
export class IngestionStack extends Stack {
  readonly stream: kinesis.Stream;

  constructor(scope: Construct, id: string, props: IngestionStackProps) {
    super(scope, id, props);
    const { environment } = props;
    // Provisioned: an idle on-demand stream costs 29.20 USD a month and bills each record as at least 1 KB.
    this.stream = new kinesis.Stream(this, 'Stream', {
      streamName: domainStreamName(props.names, props.domain.name),
      streamMode: kinesis.StreamMode.PROVISIONED,
      shardCount: environment.stream.shards,
      retentionPeriod: Duration.hours(environment.stream.retentionHours),
      encryption: kinesis.StreamEncryption.MANAGED,
      removalPolicy: dataRemovalPolicy(environment),
    });
    new CfnOutput(this, 'StreamName', {
      value: this.stream.streamName,
    });
  }
}
