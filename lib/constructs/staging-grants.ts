import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import type { Grant } from './policy-grants.ts';

/**
 * Access to what one domain has staged: the domain is the partition key. Only actions that name a key may stand here; for
 * others the condition holds unasked. Source: DynamoDB, "Using IAM policy conditions for fine-grained access control".
 */
export function stagingGrant(
  staging: ITable,
  domain: string,
  actions: readonly ('GetItem' | 'PutItem' | 'DeleteItem' | 'Query')[],
): Grant {
  return {
    actions: actions.map((action) => `dynamodb:${action}`),
    resources: [staging.tableArn],
    conditions: { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': [domain] } },
  };
}
