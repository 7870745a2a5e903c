import { listedStreamName } from '#embedded/kinesis/operations/list-shards.ts';
import { requireStreamName } from '#embedded/kinesis/operations/request-members.ts';
import { iteratorStreamName } from '#embedded/kinesis/operations/shard-iterator.ts';
import {
  arnOf,
  type CallInput,
  EVERYTHING,
  type JsonCallTable,
  textMember,
} from './service-call.ts';

function streamArn(name: string): readonly string[] {
  return [arnOf('kinesis', `stream/${name}`)];
}

const namedStream = (input: CallInput) => streamArn(requireStreamName(input));

/** Source: Service authorization reference, Amazon Kinesis Data Streams. */
export const KINESIS_CALLS: JsonCallTable = {
  CreateStream: namedStream,
  DecreaseStreamRetentionPeriod: namedStream,
  DeleteStream: namedStream,
  DescribeStream: namedStream,
  DescribeStreamSummary: namedStream,
  // The iterator names its stream; StreamARN is a hint for the endpoint.
  GetRecords: (input) => streamArn(iteratorStreamName(textMember(input, 'ShardIterator')) ?? ''),
  GetShardIterator: namedStream,
  IncreaseStreamRetentionPeriod: namedStream,
  ListShards: (input) =>
    textMember(input, 'NextToken') === ''
      ? namedStream(input)
      : streamArn(listedStreamName(textMember(input, 'NextToken')) ?? ''),
  ListStreams: EVERYTHING,
  ListTagsForStream: namedStream,
  MergeShards: namedStream,
  PutRecord: namedStream,
  PutRecords: namedStream,
  SplitShard: namedStream,
  UpdateShardCount: namedStream,
};
