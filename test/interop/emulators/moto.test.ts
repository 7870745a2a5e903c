import {
  describeDynamoDbAdapter,
  describeGlueAdapter,
  describeKinesisAdapter,
  describeS3Adapter,
  judgeOf,
} from './describe-adapters.ts';
import { describeSecretsManagerAdapter, describeSsmAdapter } from './describe-secret-adapters.ts';

const judge = judgeOf('moto');
describeS3Adapter(judge);
describeDynamoDbAdapter(judge);
describeGlueAdapter(judge);
describeKinesisAdapter(judge);
describeSecretsManagerAdapter(judge);
describeSsmAdapter(judge);
