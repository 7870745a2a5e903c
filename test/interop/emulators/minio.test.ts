import { describeS3Adapter, judgeOf } from './describe-adapters.ts';
import { MINIO_KEY } from './judge-environment.ts';

describeS3Adapter({ ...judgeOf('minio'), credentials: MINIO_KEY });
