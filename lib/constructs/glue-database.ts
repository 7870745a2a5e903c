import { Aws, RemovalPolicy } from 'aws-cdk-lib';
import { CfnDatabase } from 'aws-cdk-lib/aws-glue';
import type { Construct } from 'constructs';

/**
 * Glue database, always retained: deleting a database deletes the tables in it.
 * Source: AWS Glue API, DeleteDatabase.
 */
export function createGlueDatabase(
  scope: Construct,
  id: string,
  props: { readonly name: string; readonly description: string },
): CfnDatabase {
  const database = new CfnDatabase(scope, id, {
    catalogId: Aws.ACCOUNT_ID,
    databaseInput: { name: props.name, description: props.description },
  });
  database.applyRemovalPolicy(RemovalPolicy.RETAIN);
  return database;
}
