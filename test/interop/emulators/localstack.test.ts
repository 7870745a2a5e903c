import { describeKinesisAdapter, describeS3Adapter, judgeOf } from './describe-adapters.ts';

const judge = judgeOf('localstack');
describeS3Adapter(judge);
describeKinesisAdapter(judge);
