import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { connectorsOf } from '#core/config/connector.ts';
import { CommitterAlarms } from '../constructs/alarms-committer.ts';
import { GeneratorAlarms, HttpPollAlarms } from '../constructs/alarms-connectors.ts';
import { FileIngestAlarms } from '../constructs/alarms-file-ingest.ts';
import { HttpApiAlarms } from '../constructs/alarms-http-api.ts';
import { LedgerAlarms } from '../constructs/alarms-ledger.ts';
import { MaintenanceAlarms } from '../constructs/alarms-maintenance.ts';
import { StreamReaderAlarms } from '../constructs/alarms-stream-reader.ts';
import { Committer } from '../constructs/committer.ts';
import type { ConnectorProps } from '../constructs/connector-function.ts';
import { isEnabled } from '../constructs/connector-schedules.ts';
import { FileIngest, type FileIngestProps } from '../constructs/file-ingest.ts';
import { Generator } from '../constructs/generator.ts';
import { HttpIngest, type HttpIngestProps } from '../constructs/http-ingest.ts';
import { HttpPoll, type HttpPollProps } from '../constructs/http-poll.ts';
import { LakeWriter, type LakeWriterProps } from '../constructs/lake-writer.ts';
import { Ledger, type LedgerProps } from '../constructs/ledger.ts';
import { Maintenance, type MaintenanceProps } from '../constructs/maintenance.ts';
import { Sink, type SinkProps } from '../constructs/sink.ts';

export type ProcessingStackProps = StackProps &
  Omit<LakeWriterProps, 'doorbell'> & {
    /** ES module of the committer's handler; its configuration is that of the writer. */
    readonly committerBundle: Uint8Array;
    /** Records that a reader of Kafka topics may be behind; null where the buffer is Kinesis. */
    readonly maxOffsetLag: number | null;
    /** Told of every alarm. */
    readonly alarmTopic: ITopic;
    readonly ledger: Omit<LedgerProps, 'mappingIds'>;
    readonly maintenance: MaintenanceProps;
    /** One per kind of sink that a stream names, besides the tables. */
    readonly sinks: readonly SinkProps[];
    /** Null for a domain without connector. */
    readonly httpIngest: HttpIngestProps | null;
    /** Null for a domain without such connectors. */
    readonly httpPoll: HttpPollProps | null;
    /** Null for a domain without such connectors. */
    readonly generator: ConnectorProps | null;
    /** Null for a domain without files. */
    readonly fileIngest: FileIngestProps | null;
  };

/** Stateless: everything in it can be deleted and deployed again without losing a row. */
export class ProcessingStack extends Stack {
  constructor(scope: Construct, id: string, props: ProcessingStackProps) {
    super(scope, id, props);
    const committer = this.addCommitter(props);
    const writer = new LakeWriter(this, 'LakeWriter', {
      ...props,
      doorbell: committer.doorbell?.queue ?? null,
    });
    new StreamReaderAlarms(this, 'LakeWriterAlarms', {
      context: { names: props.names, domain: props.domain, topic: props.alarmTopic },
      subject: 'lake-writer',
      alarms: props.environment.alarms,
      settings: props.settings,
      function: writer.function,
      mappings: writer.mappings,
      maxOffsetLag: props.maxOffsetLag,
    });
    new CfnOutput(this, 'LakeWriterFunctionName', {
      value: writer.function.functionName,
    });
    const ledger = new Ledger(this, 'Ledger', {
      ...props.ledger,
      mappingIds: writer.mappings.map(({ mapping }) => mapping.ref),
    });
    new LedgerAlarms(this, 'LedgerAlarms', {
      context: { names: props.names, domain: props.domain, topic: props.alarmTopic },
      function: ledger.function,
      every: ledger.every,
    });
    new CfnOutput(this, 'LedgerFunctionName', {
      value: ledger.function.functionName,
    });
    this.addMaintenance(props);
    for (const sink of props.sinks) {
      const subject = `sink-${sink.kind.name}`;
      const reader = new Sink(this, `Sink-${sink.kind.name}`, sink);
      new StreamReaderAlarms(this, `Sink-${sink.kind.name}-Alarms`, {
        context: { names: props.names, domain: props.domain, topic: props.alarmTopic },
        subject,
        alarms: props.environment.alarms,
        settings: props.settings,
        function: reader.function,
        mappings: reader.mappings,
        maxOffsetLag: props.maxOffsetLag,
      });
    }
    this.addScheduledConnectors(props);
    if (props.fileIngest !== null) {
      const files = new FileIngest(this, 'FileIngest', props.fileIngest);
      new FileIngestAlarms(this, 'FileIngestAlarms', {
        context: { names: props.names, domain: props.domain, topic: props.alarmTopic },
        function: files.function,
        queue: files.queue,
        deadLetterQueue: files.deadLetterQueue,
      });
    }
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

  private addCommitter(props: ProcessingStackProps): Committer {
    const committer = new Committer(this, 'Committer', {
      ...props,
      bundle: props.committerBundle,
    });
    new CommitterAlarms(this, 'CommitterAlarms', {
      context: { names: props.names, domain: props.domain, topic: props.alarmTopic },
      function: committer.function,
      deadLetterQueue: committer.doorbell?.deadLetterQueue ?? null,
      commitIntervalSeconds: props.settings.writer.commitIntervalSeconds,
    });
    new CfnOutput(this, 'CommitterFunctionName', {
      value: committer.function.functionName,
    });
    return committer;
  }

  private addMaintenance(props: ProcessingStackProps): void {
    const maintenance = new Maintenance(this, 'Maintenance', props.maintenance);
    new MaintenanceAlarms(this, 'MaintenanceAlarms', {
      context: { names: props.names, domain: props.domain, topic: props.alarmTopic },
      function: maintenance.function,
      every: maintenance.every,
    });
    new CfnOutput(this, 'MaintenanceFunctionName', {
      value: maintenance.function.functionName,
    });
  }

  /** Functions that schedules start, and their alarms. */
  private addScheduledConnectors(props: ProcessingStackProps): void {
    const context = { names: props.names, domain: props.domain, topic: props.alarmTopic };
    if (props.httpPoll !== null) {
      const poll = new HttpPoll(this, 'HttpPoll', props.httpPoll);
      new HttpPollAlarms(this, 'HttpPollAlarms', {
        context,
        function: poll.function,
        connectors: connectorsOf(props.httpPoll.domain, 'http-poll').filter((connector) =>
          isEnabled(connector, props.environment.name),
        ),
      });
    }
    if (props.generator !== null) {
      const generator = new Generator(this, 'Generator', props.generator);
      new GeneratorAlarms(this, 'GeneratorAlarms', { context, function: generator.function });
    }
  }
}
