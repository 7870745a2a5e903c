import type { DynamoDbService } from '#embedded/services.ts';

type TableDefinition = Parameters<DynamoDbService['ensureTable']>[0];

/** What of a table can never change. */
export type TableShape = Pick<TableDefinition, 'keySchema' | 'attributeDefinitions'>;

/** CloudFormation replaces a table whose key changes, and with it the data: that is refused here. */
export function requireUnchangedKey(wanted: TableDefinition, existing: TableShape): void {
  const checks = [
    ['KeySchema', describeKey(existing.keySchema), describeKey(wanted.keySchema)],
    [
      'AttributeDefinitions',
      describeAttributes(existing.attributeDefinitions),
      describeAttributes(wanted.attributeDefinitions),
    ],
  ] as const;
  for (const [property, before, after] of checks) {
    if (before === after) continue;
    throw new Error(
      `table ${wanted.name}: property ${property} changed from "${before}" to "${after}", which would replace the table and lose its items; restore it or name another table`,
    );
  }
}

function describeKey(schema: TableDefinition['keySchema']): string {
  return schema.map((key) => `${key.KeyType} ${key.AttributeName}`).join(', ');
}

/** The order of attribute definitions means nothing. */
function describeAttributes(definitions: TableDefinition['attributeDefinitions']): string {
  return definitions
    .map((attribute) => `${attribute.AttributeName} ${attribute.AttributeType}`)
    .sort()
    .join(', ');
}

/** The attribute that items are spread by. */
export function partitionKeyOf({ keySchema }: Pick<TableShape, 'keySchema'>): string {
  return keySchema.find(({ KeyType }) => KeyType === 'HASH')?.AttributeName ?? '';
}
