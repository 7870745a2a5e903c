import { SluiceError } from '../../errors.ts';
import {
  arrayField,
  asObject,
  bigintField,
  intField,
  type JsonObject,
  stringField,
  stringMapField,
  tableInvalid,
} from '../spec/json-field.ts';
import { parseSchema } from '../spec/schema-json.ts';
import { parseRef, parseSnapshot, parseSortOrder } from '../spec/table-metadata-json.ts';
import type {
  StatisticsFile,
  TableCommit,
  TableRequirement,
  TableUpdate,
  UnboundPartitionField,
} from './table-update.ts';

/** A commit of an engine has a handful; whatever has more is not one. */
const MAX_ITEMS = 10_000;

/**
 * Checks a commit from a client, parsed by parseBigintJson. Throws TABLE_INVALID with the place of what is wrong, an
 * action or requirement nobody knows included, and FEATURE_UNSUPPORTED for what is known but not handled.
 * Source: Iceberg REST catalog API, CommitTableRequest.
 */
export function parseCommit(body: unknown): TableCommit {
  const root = asObject(body, 'commit');
  return {
    requirements: boundedArray(root, 'requirements', parseRequirement),
    updates: boundedArray(root, 'updates', parseUpdate),
  };
}

function boundedArray<T>(
  root: JsonObject,
  key: string,
  item: (value: unknown, where: string) => T,
): readonly T[] {
  const value = root[key];
  if (Array.isArray(value) && value.length > MAX_ITEMS) {
    throw new SluiceError(
      'TABLE_INVALID',
      `${key}: expected at most ${MAX_ITEMS}, got ${value.length}`,
    );
  }
  return arrayField(root, key, { where: '', item });
}

function parseRequirement(value: unknown, where: string): TableRequirement {
  const object = asObject(value, where);
  const type = stringField(object, 'type', where);
  switch (type) {
    case 'assert-create':
      return { type };
    case 'assert-table-uuid':
      return { type, uuid: stringField(object, 'uuid', where) };
    case 'assert-ref-snapshot-id':
      return {
        type,
        ref: stringField(object, 'ref', where),
        'snapshot-id': nullableId(object, where),
      };
    case 'assert-last-assigned-field-id':
      return {
        type,
        'last-assigned-field-id': intField(object, 'last-assigned-field-id', where),
      };
    case 'assert-current-schema-id':
      return { type, 'current-schema-id': intField(object, 'current-schema-id', where) };
    case 'assert-last-assigned-partition-id':
      return {
        type,
        'last-assigned-partition-id': intField(object, 'last-assigned-partition-id', where),
      };
    case 'assert-default-spec-id':
      return { type, 'default-spec-id': intField(object, 'default-spec-id', where) };
    case 'assert-default-sort-order-id':
      return { type, 'default-sort-order-id': intField(object, 'default-sort-order-id', where) };
    default:
      throw tableInvalid(`${where}.type`, 'a requirement of the REST catalog API', type);
  }
}

/** Each update by its action: what is not here is not known. */
const PARSERS: Readonly<
  Record<TableUpdate['action'], (object: JsonObject, where: string) => TableUpdate>
> = {
  'assign-uuid': (object, where) => ({
    action: 'assign-uuid',
    uuid: stringField(object, 'uuid', where),
  }),
  'upgrade-format-version': (object, where) => ({
    action: 'upgrade-format-version',
    'format-version': intField(object, 'format-version', where),
  }),
  'add-schema': (object, where) => ({
    action: 'add-schema',
    schema: parseSchema(withDefaultId(object, 'schema', 'schema-id'), `${where}.schema`),
    ...(isMissing(object['last-column-id'])
      ? {}
      : { 'last-column-id': intField(object, 'last-column-id', where) }),
  }),
  'set-current-schema': (object, where) => ({
    action: 'set-current-schema',
    'schema-id': intField(object, 'schema-id', where),
  }),
  'add-spec': (object, where) => ({
    action: 'add-spec',
    spec: { fields: parseUnboundFields(object['spec'], `${where}.spec`) },
  }),
  'set-default-spec': (object, where) => ({
    action: 'set-default-spec',
    'spec-id': intField(object, 'spec-id', where),
  }),
  'add-sort-order': (object, where) => ({
    action: 'add-sort-order',
    'sort-order': parseSortOrder(
      withDefaultId(object, 'sort-order', 'order-id'),
      `${where}.sort-order`,
    ),
  }),
  'set-default-sort-order': (object, where) => ({
    action: 'set-default-sort-order',
    'sort-order-id': intField(object, 'sort-order-id', where),
  }),
  'add-snapshot': (object, where) => ({
    action: 'add-snapshot',
    snapshot: parseSnapshot(object['snapshot'], `${where}.snapshot`),
  }),
  'set-snapshot-ref': parseSetRef,
  'remove-snapshots': (object, where) => ({
    action: 'remove-snapshots',
    'snapshot-ids': arrayField(object, 'snapshot-ids', { where, item: parseId }),
  }),
  'remove-snapshot-ref': (object, where) => ({
    action: 'remove-snapshot-ref',
    'ref-name': stringField(object, 'ref-name', where),
  }),
  'set-location': (object, where) => ({
    action: 'set-location',
    location: stringField(object, 'location', where),
  }),
  'set-properties': (object, where) => ({
    action: 'set-properties',
    updates: stringMapField({ updates: asObject(object['updates'], where) }, 'updates', where),
  }),
  'remove-properties': (object, where) => ({
    action: 'remove-properties',
    removals: arrayField(object, 'removals', { where, item: parseText }),
  }),
  'set-statistics': (object, where) => ({
    action: 'set-statistics',
    statistics: parseStatistics(object['statistics'], `${where}.statistics`),
  }),
  'remove-statistics': (object, where) => ({
    action: 'remove-statistics',
    'snapshot-id': bigintField(object, 'snapshot-id', where),
  }),
  'set-partition-statistics': (object, where) => ({
    action: 'set-partition-statistics',
    'partition-statistics': parseStatistics(
      object['partition-statistics'],
      `${where}.partition-statistics`,
    ),
  }),
  'remove-partition-statistics': (object, where) => ({
    action: 'remove-partition-statistics',
    'snapshot-id': bigintField(object, 'snapshot-id', where),
  }),
  'remove-partition-specs': (object, where) => ({
    action: 'remove-partition-specs',
    'spec-ids': arrayField(object, 'spec-ids', { where, item: parseInteger }),
  }),
  'remove-schemas': (object, where) => ({
    action: 'remove-schemas',
    'schema-ids': arrayField(object, 'schema-ids', { where, item: parseInteger }),
  }),
};

function parseUpdate(value: unknown, where: string): TableUpdate {
  const object = asObject(value, where);
  const action = stringField(object, 'action', where);
  if (!isKnown(action)) {
    throw tableInvalid(`${where}.action`, `one of ${Object.keys(PARSERS).join(', ')}`, action);
  }
  return PARSERS[action](object, where);
}

function isKnown(action: string): action is TableUpdate['action'] {
  return Object.hasOwn(PARSERS, action);
}

function parseSetRef(object: JsonObject, where: string): TableUpdate {
  const { action: _, 'ref-name': __, ...ref } = object;
  return {
    action: 'set-snapshot-ref',
    'ref-name': stringField(object, 'ref-name', where),
    ...retentionOf(ref, where),
  };
}

/** Clients write null where a retention is not set. */
function retentionOf(ref: JsonObject, where: string) {
  const set = Object.fromEntries(Object.entries(ref).filter(([, value]) => !isMissing(value)));
  const parsed = parseRef(set, where);
  for (const key of ['min-snapshots-to-keep', 'max-snapshot-age-ms', 'max-ref-age-ms']) {
    const value = set[key];
    if (value !== undefined && !(typeof value === 'number' && value > 0)) {
      throw tableInvalid(`${where}.${key}`, 'an integer above 0', value);
    }
  }
  return parsed;
}

/** Fields of a partition spec, of which the ids may be missing. Throws TABLE_INVALID. */
export function parseUnboundFields(
  value: unknown,
  where: string,
): readonly UnboundPartitionField[] {
  return arrayField(asObject(value, where), 'fields', {
    where,
    item: (item, place) => {
      const field = asObject(item, place);
      return {
        'source-id': intField(field, 'source-id', place),
        ...(isMissing(field['field-id']) ? {} : { 'field-id': intField(field, 'field-id', place) }),
        name: stringField(field, 'name', place),
        transform: stringField(field, 'transform', place),
      };
    },
  });
}

function parseStatistics(value: unknown, where: string): StatisticsFile {
  const object = asObject(value, where);
  stringField(object, 'statistics-path', where);
  return { ...object, 'snapshot-id': bigintField(object, 'snapshot-id', where) };
}

/** The catalog gives the id, so a client may leave it out. */
export function withDefaultId(object: JsonObject, key: string, id: string): unknown {
  const value = object[key];
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return isMissing((value as JsonObject)[id]) ? { ...value, [id]: 0 } : value;
}

function nullableId(object: JsonObject, where: string): bigint | null {
  const id = object['snapshot-id'];
  // -1 is how older clients say that there is no snapshot.
  return isMissing(id) || id === -1n ? null : bigintField(object, 'snapshot-id', where);
}

/** Items of an array have no key, so that small ones come as numbers. */
function parseId(value: unknown, where: string): bigint {
  const id = typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : value;
  if (typeof id === 'bigint' && BigInt.asIntN(64, id) === id) return id;
  throw tableInvalid(where, 'a 64-bit integer', value);
}

function parseInteger(value: unknown, where: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  throw tableInvalid(where, 'an integer', value);
}

function parseText(value: unknown, where: string): string {
  if (typeof value === 'string') return value;
  throw tableInvalid(where, 'a string', value);
}

function isMissing(value: unknown): value is null | undefined {
  return value === undefined || value === null;
}
