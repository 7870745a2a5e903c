import { describeKinesisAdapter, judgeOf } from './describe-adapters.ts';

describeKinesisAdapter(judgeOf('kinesis-mock'));
