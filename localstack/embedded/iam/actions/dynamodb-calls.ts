import {
  arnOf,
  type CallInput,
  EVERYTHING,
  type JsonCallTable,
  textMember,
} from './service-call.ts';

function tableArn(nameOrArn: string): string {
  return nameOrArn.startsWith('arn:') ? nameOrArn : arnOf('dynamodb', `table/${nameOrArn}`);
}

const namedTable = (input: CallInput) => [tableArn(textMember(input, 'TableName'))];

/** A query of an index needs the index, not the table. */
function tableOrIndex(input: CallInput): readonly string[] {
  const table = tableArn(textMember(input, 'TableName'));
  const index = textMember(input, 'IndexName');
  return [index === '' ? table : `${table}/index/${index}`];
}

const batchTables = (input: CallInput) =>
  Object.keys((input['RequestItems'] ?? {}) as CallInput).map(tableArn);

/** Source: Service authorization reference, Amazon DynamoDB. */
export const DYNAMODB_CALLS: JsonCallTable = {
  BatchGetItem: batchTables,
  BatchWriteItem: batchTables,
  DeleteItem: namedTable,
  DescribeTable: namedTable,
  GetItem: namedTable,
  ListTables: EVERYTHING,
  PutItem: namedTable,
  Query: tableOrIndex,
  Scan: tableOrIndex,
  UpdateItem: namedTable,
};
