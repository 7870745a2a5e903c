import { createRequire } from 'node:module';
import { AwsError } from '#embedded/gateway/json-protocol.ts';

/** Operations dynalite 4 has. Everything else (transactions, TTL, backups, streams, PartiQL) is refused by name. */
export const OPERATION_NAMES = [
  'BatchGetItem',
  'BatchWriteItem',
  'CreateTable',
  'DeleteItem',
  'DeleteTable',
  'DescribeTable',
  'DescribeTimeToLive',
  'GetItem',
  'ListTables',
  'ListTagsOfResource',
  'PutItem',
  'Query',
  'Scan',
  'TagResource',
  'UntagResource',
  'UpdateItem',
  'UpdateTable',
] as const;

export type OperationName = (typeof OPERATION_NAMES)[number];

/**
 * The parts of dynalite that are used, by structure: it ships no types. Its HTTP server is left out because
 * it throws on a broken connection, which would end this process.
 */
export interface DynaliteStore {
  readonly db: { open(): Promise<void>; close(): Promise<void> };
  readonly tableDb: {
    awsAccountId: string;
    awsRegion: string;
    put(key: string, table: DynaliteTable, done: (error: Error | null) => void): void;
    del(key: string, done: (error: Error | null) => void): void;
    createValueStream(options: object): AsyncIterable<unknown>;
  };
  deleteItemDb(tableName: string, done: (error?: Error | null) => void): void;
}

export interface DynaliteTable {
  readonly TableName: string;
  readonly TableStatus: 'CREATING' | 'ACTIVE' | 'UPDATING' | 'DELETING';
  readonly GlobalSecondaryIndexes?: readonly { readonly IndexStatus: string }[];
}

interface DynaliteDb {
  create(options: {
    readonly path: string;
    readonly createTableMs: number;
    readonly deleteTableMs: number;
    readonly updateTableMs: number;
  }): DynaliteStore;
}

interface DynaliteValidations {
  checkTypes(input: object, types: object): object;
  checkValidations(input: object, types: object, custom: unknown, store: DynaliteStore): void;
}

interface OperationRules {
  readonly types: Readonly<Record<string, unknown>>;
  readonly custom?: unknown;
}

type OperationAction = (
  store: DynaliteStore,
  input: object,
  done: (error: Error | null, output: unknown) => void,
) => void;

/** How dynalite reports an error that belongs to the client. */
interface DynaliteFailure extends Error {
  readonly statusCode: number;
  readonly body: { readonly __type: string; readonly message?: string; readonly Message?: string };
}

const load = createRequire(import.meta.url);
const database = load('dynalite/db') as DynaliteDb;
const validations = load('dynalite/validations') as DynaliteValidations;
const implementations = new Map(
  OPERATION_NAMES.map((name) => {
    const file = `${name.charAt(0).toLowerCase()}${name.slice(1)}`;
    const rules = load(`dynalite/validations/${file}`) as OperationRules;
    const action = load(`dynalite/actions/${file}`) as OperationAction;
    return [name, { rules, action }] as const;
  }),
);

/** Opens dynalite's database in a folder; status changes of tables take effect at once. */
export function createStore(path: string): DynaliteStore {
  return database.create({ path, createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
}

/**
 * Runs one DynamoDB operation. Throws AwsError with DynamoDB's own code and message; a parameter that
 * dynalite does not know is refused, because it would otherwise be ignored.
 */
export async function runOperation(
  store: DynaliteStore,
  name: OperationName,
  input: Readonly<Record<string, unknown>>,
): Promise<unknown> {
  const implementation = implementations.get(name);
  if (implementation === undefined) throw new AwsError('UnknownOperationException', name);
  const { rules, action } = implementation;
  refuseUnknownParameters(name, input, rules.types);
  const checked = checkInput(store, input, rules);
  try {
    return await new Promise((resolve, reject) => {
      action(store, checked, (error, output) => {
        if (error) reject(error);
        else resolve(output);
      });
    });
  } catch (error) {
    throw isClientFailure(error) ? awsErrorOf(error) : error;
  }
}

function checkInput(
  store: DynaliteStore,
  input: Readonly<Record<string, unknown>>,
  rules: OperationRules,
): object {
  try {
    const checked = validations.checkTypes({ ...input }, rules.types);
    validations.checkValidations(checked, rules.types, rules.custom, store);
    return checked;
  } catch (error) {
    if (isClientFailure(error)) throw awsErrorOf(error);
    // The checks stumble over null inside lists and maps, which no DynamoDB value can be.
    const message = `the request is malformed: ${(error as Error).message}`;
    throw new AwsError('ValidationException', message);
  }
}

function refuseUnknownParameters(
  name: OperationName,
  input: Readonly<Record<string, unknown>>,
  types: OperationRules['types'],
): void {
  for (const [parameter, value] of Object.entries(input)) {
    if (Object.hasOwn(types, parameter) || value === null) continue;
    if (isNeutral(parameter, value)) continue;
    throw new AwsError(
      'ValidationException',
      `the local cloud does not emulate parameter ${parameter} of ${name}`,
    );
  }
}

/** Parameters spelled out with the value that means "as without". */
function isNeutral(parameter: string, value: unknown): boolean {
  return (
    (parameter === 'ReturnValuesOnConditionCheckFailure' && value === 'NONE') ||
    (parameter === 'DeletionProtectionEnabled' && value === false) ||
    (parameter === 'TableClass' && value === 'STANDARD')
  );
}

function isClientFailure(error: unknown): error is DynaliteFailure {
  return error instanceof Error && 'statusCode' in error && 'body' in error;
}

function awsErrorOf(failure: DynaliteFailure): AwsError {
  const { __type: code, message, Message } = failure.body;
  return new AwsError(code, message ?? Message ?? '', failure.statusCode);
}
