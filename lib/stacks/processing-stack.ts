import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { HttpApiAlarms } from '../constructs/alarms-http-api.ts';
import { LedgerAlarms } from '../constructs/alarms-ledger.ts';
import { StreamReaderAlarms } from '../constructs/alarms-stream-reader.ts';
import { HttpIngest, type HttpIngestProps } from '../constructs/http-ingest.ts';
import { LakeWriter, type LakeWriterProps } from '../constructs/lake-writer.ts';
import { Ledger, type LedgerProps } from '../constructs/ledger.ts';

export type ProcessingStackProps = StackProps &
  LakeWriterProps & {
    /** Told of every alarm. */
    readonly alarmTopic: ITopic;
    readonly ledger: Omit<LedgerProps, 'mappingId'>;
    /** Null for a domain without connector. */
    readonly httpIngest: HttpIngestProps | null;
  };

/** Stateless: everything in it can be deleted and deployed again without losing a row. */
export class ProcessingStack extends Stack {
  constructor(scope: Construct, id: string, props: ProcessingStackProps) {
    super(scope, id, props);
    const writer = new LakeWriter(this, 'LakeWriter', props);
    new StreamReaderAlarms(this, 'LakeWriterAlarms', {
      context: { names: props.names, domain: props.domain, topic: props.alarmTopic },
      subject: 'lake-writer',
      environment: props.environment,
      function: writer.function,
      mapping: writer.mapping,
    });
    new CfnOutput(this, 'LakeWriterFunctionName', {
      value: writer.function.functionName,
    });
    const ledger = new Ledger(this, 'Ledger', { ...props.ledger, mappingId: writer.mapping.ref });
    new LedgerAlarms(this, 'LedgerAlarms', {
      context: { names: props.names, domain: props.domain, topic: props.alarmTopic },
      function: ledger.function,
      every: ledger.every,
    });
    new CfnOutput(this, 'LedgerFunctionName', {
      value: ledger.function.functionName,
    });
    if (props.httpIngest !== null) {
      const { api } = new HttpIngest(this, 'HttpIngest', props.httpIngest);
      new HttpApiAlarms(this, 'HttpIngestAlarms', {
        context: { names: props.names, domain: props.domain, topic: props.alarmTopic },
        subject: 'http-ingest',
        apiId: api.apiId,
      });
      new CfnOutput(this, 'IngestApiUrl', { value: api.url });
    }
  }
}
