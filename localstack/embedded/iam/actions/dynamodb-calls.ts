import type { DynamoDbService } from '#embedded/services.ts';
import {
  arnOf,
  type CallInput,
  EVERYTHING,
  type JsonCallTable,
  type ServiceCall,
  textMember,
} from './service-call.ts';

/** Condition key: the partition keys of the items that a call names. */
const LEADING_KEYS = 'dynamodb:LeadingKeys';

type Tables = Pick<DynamoDbService, 'partitionKeyOf'>;

/** Source: Service authorization reference, Amazon DynamoDB; developer guide, "Using IAM policy conditions for fine-grained access control". */
export function dynamoDbCalls(tables: Tables): JsonCallTable {
  const onItem =
    (operation: string, member: 'Key' | 'Item') =>
    (input: CallInput): readonly ServiceCall[] => {
      const table = textMember(input, 'TableName');
      return [itemCall(operation, table, leadingKey(tables, table, input[member]))];
    };
  return {
    BatchGetItem: (input) =>
      batches(input).flatMap(([table, request]) =>
        listOf((request as CallInput | null)?.['Keys']).map((key) =>
          itemCall('BatchGetItem', table, leadingKey(tables, table, key)),
        ),
      ),
    BatchWriteItem: (input) =>
      batches(input).flatMap(([table, requests]) =>
        listOf(requests).map((request) =>
          itemCall('BatchWriteItem', table, leadingKey(tables, table, writtenItem(request))),
        ),
      ),
    DeleteItem: onItem('DeleteItem', 'Key'),
    DescribeTable: (input) => [tableArn(textMember(input, 'TableName'))],
    GetItem: onItem('GetItem', 'Key'),
    ListTables: EVERYTHING,
    PutItem: onItem('PutItem', 'Item'),
    Query: (input) => [
      {
        action: 'dynamodb:Query',
        resource: tableOrIndex(input),
        context: { [LEADING_KEYS]: queriedKey(tables, input) },
      },
    ],
    Scan: (input) => [tableOrIndex(input)],
    UpdateItem: onItem('UpdateItem', 'Key'),
  };
}

function tableArn(nameOrArn: string): string {
  return nameOrArn.startsWith('arn:') ? nameOrArn : arnOf('dynamodb', `table/${nameOrArn}`);
}

/** A query of an index needs the index, not the table. */
function tableOrIndex(input: CallInput): string {
  const table = tableArn(textMember(input, 'TableName'));
  const index = textMember(input, 'IndexName');
  return index === '' ? table : `${table}/index/${index}`;
}

function itemCall(operation: string, table: string, key: string): ServiceCall {
  return {
    action: `dynamodb:${operation}`,
    resource: tableArn(table),
    context: { [LEADING_KEYS]: key },
  };
}

/** Empty, which no policy names, where it cannot be told: the service explains what is wrong. */
function leadingKey(tables: Tables, table: string, attributes: unknown): string {
  const name = tables.partitionKeyOf(tableName(table));
  return name === null ? '' : textOf((attributes as CallInput | null | undefined)?.[name]);
}

function tableName(nameOrArn: string): string {
  return nameOrArn.slice(nameOrArn.lastIndexOf('/') + 1);
}

/** The one text of an attribute value such as `{ "S": "market" }`. */
function textOf(attribute: unknown): string {
  const [value] = Object.values((attribute ?? {}) as CallInput);
  return typeof value === 'string' ? value : '';
}

/** `#name = :value`, in any place of the condition. */
const EQUALITY = /(#?[\w.-]+)\s*=\s*(:\w+)/g;

function queriedKey(tables: Tables, input: CallInput): string {
  const wanted = tables.partitionKeyOf(tableName(textMember(input, 'TableName')));
  const names = (input['ExpressionAttributeNames'] ?? {}) as CallInput;
  const values = (input['ExpressionAttributeValues'] ?? {}) as CallInput;
  for (const [, name = '', placeholder = ''] of textMember(
    input,
    'KeyConditionExpression',
  ).matchAll(EQUALITY)) {
    if ((names[name] ?? name) === wanted) return textOf(values[placeholder]);
  }
  return '';
}

function batches(input: CallInput): readonly (readonly [string, unknown])[] {
  return Object.entries((input['RequestItems'] ?? {}) as CallInput);
}

function writtenItem(request: unknown): unknown {
  const { PutRequest, DeleteRequest } = (request ?? {}) as Record<string, CallInput | undefined>;
  return PutRequest?.['Item'] ?? DeleteRequest?.['Key'];
}

/** Nothing to name a key: one call without. */
function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) && value.length > 0 ? value : [undefined];
}
