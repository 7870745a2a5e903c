import { Aws } from 'aws-cdk-lib';
import { PolicyDocument, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { type BucketPurpose, bucketName, type NameScope, physicalName } from '../names.ts';

/** What one statement allows; every action by name. */
export interface Grant {
  readonly actions: string[];
  readonly resources: string[];
  readonly conditions?: Readonly<Record<string, unknown>>;
}

export function allow(...grants: readonly Grant[]): PolicyDocument {
  return new PolicyDocument({ statements: grants.map((grant) => new PolicyStatement(grant)) });
}

/** A policy by its name; none where nothing is granted. */
export function policyOf(name: string, grants: readonly Grant[]): Record<string, PolicyDocument> {
  return grants.length === 0 ? {} : { [name]: allow(...grants) };
}

/** Access to every object below a prefix: the one kind of wildcard in the policies, so each carries its reason. */
export interface ObjectGrant {
  readonly actions: string[];
  readonly bucket: BucketPurpose;
  readonly prefix: string;
  readonly reason: string;
}

export function objectGrants(names: NameScope, grants: readonly ObjectGrant[]): Grant[] {
  return grants.map(({ actions, bucket, prefix }) => ({
    actions,
    resources: [`arn:${Aws.PARTITION}:s3:::${bucketName(names, bucket)}/${prefix}*`],
  }));
}

/** The wildcard findings that object grants raise in AwsSolutions-IAM5, each with its reason. */
export function objectAcknowledgements(
  names: NameScope,
  grants: readonly ObjectGrant[],
): readonly { readonly id: string; readonly reason: string }[] {
  return grants.map((grant) => {
    const bucket = `${physicalName(names, grant.bucket)}-<AWS::AccountId>-<AWS::Region>`;
    const resource = `arn:<AWS::Partition>:s3:::${bucket}/${grant.prefix}*`;
    return { id: `AwsSolutions-IAM5[Resource::${resource}]`, reason: grant.reason };
  });
}

/** Glue checks a call on a table against the catalog, its database and the table. Source: AWS Glue, "Specifying resource ARNs". */
export function glueArns(database: string, tables: readonly string[]): string[] {
  const resources = [
    'catalog',
    `database/${database}`,
    ...tables.map((table) => `table/${database}/${table}`),
  ];
  return resources.map(
    (resource) => `arn:${Aws.PARTITION}:glue:${Aws.REGION}:${Aws.ACCOUNT_ID}:${resource}`,
  );
}
