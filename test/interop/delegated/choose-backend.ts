import type { BackendEndpoints, DelegableService } from '#runtime/backend-endpoints.ts';
import { MINIO_KEY } from '../emulators/judge-environment.ts';
import type { EmulatorJudge } from '../judges/emulator-judges.ts';

type Name = EmulatorJudge['name'];

/** Who serves what, the first that runs: the containers' programs, then what stands in for them. */
const PREFERENCES: Readonly<Record<DelegableService, readonly Name[]>> = {
  s3: ['minio', 'localstack', 'moto'],
  kinesis: ['localstack', 'kinesis-mock'],
  // LocalStack's DynamoDB is a program it fetches from elsewhere.
  dynamodb: ['ministack', 'moto'],
};

export interface ChosenBackend {
  readonly endpoints: BackendEndpoints;
  /** Service to the judge that serves it; what is missing stays embedded. */
  readonly servedBy: Readonly<Partial<Record<DelegableService, Name>>>;
}

export function chooseBackend(running: ReadonlyMap<Name, string>): ChosenBackend {
  const endpoints: Partial<Record<DelegableService, BackendEndpoints[DelegableService]>> = {};
  const servedBy: Partial<Record<DelegableService, Name>> = {};
  for (const [service, names] of Object.entries(PREFERENCES) as [DelegableService, Name[]][]) {
    const name = names.find((each) => running.has(each));
    if (name === undefined) continue;
    const key = name === 'minio' ? MINIO_KEY : { accessKeyId: 'test', secretAccessKey: 'test' };
    endpoints[service] = { url: running.get(name) ?? '', ...key };
    servedBy[service] = name;
  }
  return { endpoints, servedBy };
}
