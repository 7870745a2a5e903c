import { arnOf, type CallInput, type JsonCallTable, textMember } from './service-call.ts';

/** Glue compares names without case and keeps them in lower case. */
function name(input: CallInput, member: string): string {
  return textMember(input, member).toLowerCase();
}

function databaseArns(database: string): readonly string[] {
  return [arnOf('glue', 'catalog'), arnOf('glue', `database/${database}`)];
}

function tableArns(database: string, table: string): readonly string[] {
  return [...databaseArns(database), arnOf('glue', `table/${database}/${table}`)];
}

const namedTable = (input: CallInput) =>
  tableArns(name(input, 'DatabaseName'), name(input, 'Name'));

function describedTable(input: CallInput): readonly string[] {
  const tableInput = (input['TableInput'] ?? {}) as CallInput;
  return tableArns(name(input, 'DatabaseName'), name(tableInput, 'Name'));
}

/**
 * A call needs its resource and everything above it; deleting needs everything below it too.
 * Source: AWS Glue developer guide, "Specifying AWS Glue resource ARNs".
 */
export const GLUE_CALLS: JsonCallTable = {
  CreateTable: describedTable,
  DeleteDatabase: (input) => [
    ...tableArns(name(input, 'Name'), '*'),
    arnOf('glue', `userDefinedFunction/${name(input, 'Name')}/*`),
  ],
  DeleteTable: namedTable,
  GetDatabase: (input) => databaseArns(name(input, 'Name')),
  GetTable: namedTable,
  GetTables: (input) => tableArns(name(input, 'DatabaseName'), '*'),
  UpdateTable: describedTable,
};
