import type { EventSourceMappingConfig } from '#embedded/services.ts';
import { encodeEvent, MAX_RECORDS_BYTES, toBatchRecord } from './kinesis-event.ts';
import type { SourceFormat } from './source-format.ts';

/** Source: AWS Lambda developer guide, execution role permissions for Kinesis; "Retain discarded batch records". */
export function kinesisFormat({
  streamArn,
}: Pick<EventSourceMappingConfig, 'streamArn'>): SourceFormat {
  const calls = (...actions: readonly string[]) =>
    actions.map((action) => ({ action: `kinesis:${action}`, resource: streamArn }));
  return {
    discoveryCalls: calls('DescribeStream', 'DescribeStreamSummary', 'ListShards'),
    openCalls: calls('GetShardIterator', 'GetRecords'),
    readCalls: calls('GetRecords'),
    refusal:
      `Cannot access stream ${streamArn}. Please ensure the role can perform the GetRecords, GetShardIterator, ` +
      'DescribeStream, ListShards, and ListStreams Actions on your stream in IAM.',
    maxRecordsBytes: MAX_RECORDS_BYTES,
    toBatchRecord: (view, { shardId, roleArn }) =>
      toBatchRecord(view, { streamArn, shardId, roleArn }),
    encodeEvent,
    batchInfo: (records, shardId) => {
      const [first, last] = [records[0], records.at(-1)];
      return {
        KinesisBatchInfo: {
          shardId,
          startSequenceNumber: first?.sequenceNumber,
          endSequenceNumber: last?.sequenceNumber,
          approximateArrivalOfFirstRecord: new Date(first?.arrivalMs ?? 0).toISOString(),
          approximateArrivalOfLastRecord: new Date(last?.arrivalMs ?? 0).toISOString(),
          batchSize: records.length,
          streamArn,
        },
      };
    },
    shardName: (shardId) => shardId,
  };
}
