import type { JsonOperation } from '../../gateway/json-protocol.ts';
import { invalidRequest, pageOf, refuseUnknownMembers, requiredString } from './invalid-request.ts';

export interface WorkGroup {
  readonly name: string;
  /** `s3://bucket/prefix` that results are stored below. */
  readonly outputLocation: string;
  readonly scanLimitBytes: number | null;
}

/** Workgroups are those of the template, told at every start. */
export interface WorkGroups {
  ensure(workGroup: WorkGroup): void;
  /** Throws InvalidRequestException with AWS's wording. */
  require(name: string): WorkGroup;
  operations: Readonly<Record<string, JsonOperation>>;
}

const MAX_PAGE = 50;
const ENGINE = {
  SelectedEngineVersion: 'Athena engine version 3',
  EffectiveEngineVersion: 'Athena engine version 3',
};

export function createWorkGroups(): WorkGroups {
  const workGroups = new Map<string, WorkGroup>();
  const require = (name: string): WorkGroup => {
    const workGroup = workGroups.get(name);
    if (workGroup === undefined) throw invalidRequest(`WorkGroup ${name} is not found.`);
    return workGroup;
  };
  return {
    require,
    ensure(workGroup) {
      if (!/^s3:\/\/[^/]+(\/.*)?$/.test(workGroup.outputLocation)) {
        throw new Error(
          `AWS::Athena::WorkGroup OutputLocation: expected s3://bucket/prefix, got ${workGroup.outputLocation}`,
        );
      }
      workGroups.set(workGroup.name, workGroup);
    },
    operations: {
      GetWorkGroup: (input) => ({
        WorkGroup: describeWorkGroup(require(requiredString(input, 'WorkGroup'))),
      }),
      ListWorkGroups(input) {
        refuseUnknownMembers(input, ['NextToken', 'MaxResults'], 'ListWorkGroups');
        const { page, nextToken } = pageOf([...workGroups.keys()].sort(), input, MAX_PAGE);
        return {
          WorkGroups: page.map((Name) => ({ Name, State: 'ENABLED', EngineVersion: ENGINE })),
          NextToken: nextToken,
        };
      },
    },
  };
}

/** Source: Amazon Athena API, WorkGroup structure. */
function describeWorkGroup(workGroup: WorkGroup): Record<string, unknown> {
  const limit = workGroup.scanLimitBytes;
  return {
    Name: workGroup.name,
    State: 'ENABLED',
    Configuration: {
      ResultConfiguration: { OutputLocation: workGroup.outputLocation },
      EnforceWorkGroupConfiguration: true,
      PublishCloudWatchMetricsEnabled: false,
      ...(limit === null ? {} : { BytesScannedCutoffPerQuery: limit }),
      RequesterPaysEnabled: false,
      EngineVersion: ENGINE,
    },
  };
}
