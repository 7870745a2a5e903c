import { Aws, Fn } from 'aws-cdk-lib';
import type { Project } from '#core/config/project.ts';
import { SluiceError } from '#core/errors.ts';

/** Who a name is made for: physical names start with it. */
export interface NameScope {
  readonly platform: string;
  readonly environment: string;
}

export type BucketPurpose = 'lake' | 'access-logs' | 'dead-letter' | 'results' | 'landing';

/**
 * Longest platform and environment name together that leaves a valid bucket name: 63 characters less the longest
 * purpose (`access-logs`, 11), an account (12), the longest region name (`ap-southeast-1`, 14) and four hyphens.
 * Source: Amazon S3, bucket naming rules.
 */
const MAX_SCOPE_LENGTH = 63 - 11 - 12 - 14 - 4;

/** Throws CONFIG_INVALID when bucket names would be too long for S3. */
export function nameScope(project: Project): NameScope {
  const scope = { platform: project.platform.name, environment: project.environment.name };
  const length = scope.platform.length + scope.environment.length;
  if (length > MAX_SCOPE_LENGTH) {
    throw new SluiceError(
      'CONFIG_INVALID',
      `platform name "${scope.platform}" and environment name "${scope.environment}" have ${length} characters together, ` +
        `expected at most ${MAX_SCOPE_LENGTH} so that bucket names fit S3's 63; shorten one of them`,
    );
  }
  return scope;
}

/**
 * `sluice-prod-market-catalog`: stacks, functions, workgroup, DynamoDB tables. Underscores, which stack and bucket
 * names forbid, become hyphens, which domain names cannot contain: two domains never meet.
 */
export function physicalName(scope: NameScope, ...parts: readonly string[]): string {
  return [scope.platform, scope.environment, ...parts].join('-').replaceAll('_', '-');
}

/**
 * `sluice-prod-lake-<account>-<region>`. Explicit, so that a stack deleted and deployed again stops at the retained
 * bucket instead of silently starting an empty lake beside it.
 */
export function bucketName(scope: NameScope, purpose: BucketPurpose): string {
  return Fn.join('-', [physicalName(scope, purpose), Aws.ACCOUNT_ID, Aws.REGION]);
}
