import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { replaceFile } from '#embedded/replace-file.ts';
import type { JsonOperation } from '../../gateway/json-protocol.ts';
import {
  type Input,
  invalidRequest,
  optionalBoolean,
  optionalString,
  optionalStructure,
  pageOf,
  refuseUnknownMembers,
  requiredString,
} from './invalid-request.ts';

export interface WorkGroup {
  readonly name: string;
  readonly state: 'ENABLED' | 'DISABLED';
  /** `s3://bucket/prefix` that results are stored below; null: every query has to bring its own. */
  readonly outputLocation: string | null;
  /** Whether the location counts for more than that of a request. */
  readonly enforced: boolean;
  readonly scanLimitBytes: number | null;
  /** Milliseconds since the epoch. */
  readonly createdMs: number;
}

/** Workgroups are those of the template, told at every start, and `primary`, which every account has. */
export interface WorkGroups {
  ensure(workGroup: Pick<WorkGroup, 'name' | 'scanLimitBytes'> & { outputLocation: string }): void;
  /** Throws InvalidRequestException with AWS's wording. */
  require(name: string): WorkGroup;
  /** As `require`, for a workgroup that a query is to run in. */
  requireEnabled(name: string): WorkGroup;
  operations: Readonly<Record<string, JsonOperation>>;
}

export const PRIMARY = 'primary';

const MAX_PAGE = 50;

/** `file` keeps what UpdateWorkGroup changed of `primary`. */
export function createWorkGroups(options: {
  readonly file: string;
  readonly nowMs: () => number;
}): WorkGroups {
  const { file, nowMs } = options;
  const workGroups = new Map<string, WorkGroup>();
  workGroups.set(PRIMARY, readPrimary(file) ?? newPrimary(nowMs()));
  const require = (name: string): WorkGroup => {
    const workGroup = workGroups.get(name);
    if (workGroup === undefined) throw invalidRequest('WorkGroup is not found.');
    return workGroup;
  };
  return {
    require,
    requireEnabled(name) {
      const workGroup = require(name);
      if (workGroup.state === 'DISABLED') throw invalidRequest('WorkGroup is disabled.');
      return workGroup;
    },
    ensure(workGroup) {
      if (!isLocation(workGroup.outputLocation)) {
        throw new Error(
          `AWS::Athena::WorkGroup OutputLocation: expected s3://bucket/prefix, got ${workGroup.outputLocation}`,
        );
      }
      const createdMs = workGroups.get(workGroup.name)?.createdMs ?? nowMs();
      const given = { ...workGroup, state: 'ENABLED', enforced: true, createdMs } as const;
      workGroups.set(workGroup.name, given);
    },
    operations: {
      GetWorkGroup: (input) => ({
        WorkGroup: describeWorkGroup(require(requiredString(input, 'WorkGroup'))),
      }),
      ListWorkGroups(input) {
        refuseUnknownMembers(input, ['NextToken', 'MaxResults'], 'ListWorkGroups');
        const { page, nextToken } = pageOf([...workGroups.keys()].sort(), input, MAX_PAGE);
        return { WorkGroups: page.map((name) => listed(require(name))), NextToken: nextToken };
      },
      UpdateWorkGroup(input) {
        const changed = updated(require(requiredString(input, 'WorkGroup')), input);
        mkdirSync(path.dirname(file), { recursive: true });
        replaceFile(file, JSON.stringify(changed));
        workGroups.set(changed.name, changed);
        return {};
      },
    },
  };
}

/** As measured on an account that never changed it. */
function newPrimary(createdMs: number): WorkGroup {
  return {
    name: PRIMARY,
    state: 'ENABLED',
    outputLocation: null,
    enforced: false,
    scanLimitBytes: null,
    createdMs,
  };
}

function readPrimary(file: string): WorkGroup | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as WorkGroup;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

export function isLocation(text: string): boolean {
  return /^s3:\/\/[^/]+(\/.*)?$/.test(text);
}

function updated(workGroup: WorkGroup, input: Input): WorkGroup {
  if (workGroup.name !== PRIMARY) {
    throw invalidRequest(
      `the local cloud keeps workgroup ${workGroup.name} as its template says; change the template`,
    );
  }
  refuseUnknownMembers(input, ['WorkGroup', 'State', 'ConfigurationUpdates'], 'UpdateWorkGroup');
  const state = optionalString(input, 'State') ?? workGroup.state;
  if (state !== 'ENABLED' && state !== 'DISABLED') {
    throw invalidRequest('State: expected ENABLED or DISABLED');
  }
  const updates = optionalStructure(input, 'ConfigurationUpdates');
  refuseUnknownMembers(
    updates,
    [
      'EnforceWorkGroupConfiguration',
      'ResultConfigurationUpdates',
      'BytesScannedCutoffPerQuery',
      'RemoveBytesScannedCutoffPerQuery',
    ],
    'ConfigurationUpdates',
  );
  return {
    ...workGroup,
    state,
    enforced: optionalBoolean(updates, 'EnforceWorkGroupConfiguration') ?? workGroup.enforced,
    outputLocation: updatedLocation(workGroup, updates),
    scanLimitBytes: updatedLimit(workGroup, updates),
  };
}

function updatedLocation(workGroup: WorkGroup, updates: Input): string | null {
  const results = optionalStructure(updates, 'ResultConfigurationUpdates');
  const known = ['OutputLocation', 'RemoveOutputLocation'];
  refuseUnknownMembers(results, known, 'ResultConfigurationUpdates');
  if (optionalBoolean(results, 'RemoveOutputLocation') === true) return null;
  const location = optionalString(results, 'OutputLocation');
  if (location !== null && !isLocation(location)) {
    throw invalidRequest('outputLocation is not a valid S3 path.');
  }
  return location ?? workGroup.outputLocation;
}

/** The least Athena takes is 10,000,000 bytes. */
function updatedLimit(workGroup: WorkGroup, updates: Input): number | null {
  if (optionalBoolean(updates, 'RemoveBytesScannedCutoffPerQuery') === true) return null;
  const limit = updates['BytesScannedCutoffPerQuery'] ?? workGroup.scanLimitBytes;
  if (limit === null || (typeof limit === 'number' && limit >= 10_000_000)) return limit;
  throw invalidRequest('BytesScannedCutoffPerQuery: expected 10000000 bytes or more');
}

/** Source: Amazon Athena API, WorkGroup structure. */
function describeWorkGroup(workGroup: WorkGroup): Record<string, unknown> {
  const { scanLimitBytes, outputLocation } = workGroup;
  return {
    Name: workGroup.name,
    State: workGroup.state,
    Configuration: {
      ResultConfiguration: outputLocation === null ? {} : { OutputLocation: outputLocation },
      EnforceWorkGroupConfiguration: workGroup.enforced,
      PublishCloudWatchMetricsEnabled: false,
      ...(scanLimitBytes === null ? {} : { BytesScannedCutoffPerQuery: scanLimitBytes }),
      RequesterPaysEnabled: false,
      EnableMinimumEncryptionConfiguration: false,
      EngineVersion: engineVersion(workGroup),
    },
    CreationTime: workGroup.createdMs / 1000,
  };
}

function listed(workGroup: WorkGroup): Record<string, unknown> {
  return {
    Name: workGroup.name,
    State: workGroup.state,
    Description: '',
    CreationTime: workGroup.createdMs / 1000,
    EngineVersion: engineVersion(workGroup),
  };
}

function engineVersion({ name }: WorkGroup): Record<string, string> {
  const version = 'Athena engine version 3';
  return {
    SelectedEngineVersion: name === PRIMARY ? 'AUTO' : version,
    EffectiveEngineVersion: version,
  };
}
