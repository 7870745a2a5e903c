import type { IcebergType, NestedField, PrimitiveType } from '#core/iceberg/spec/schema.ts';
import { decimalParameters } from '#core/iceberg/spec/schema-fields.ts';
import type { BronzeColumn } from './bronze-table.ts';
import { storedAliases } from './bronze-table.ts';
import { type ColumnType, toColumnType } from './column-type.ts';
import type { Incompatibility } from './compatibility.ts';
import { type Field, type FieldType, storedName } from './field.ts';
import type { TableChange } from './table-change.ts';

export interface TablePlan {
  readonly changes: readonly TableChange[];
  readonly refused: readonly Incompatibility[];
}

/**
 * The changes that take a table to the columns a stream wants. Columns are never removed and never
 * become required: history stays readable. A column the stream no longer has may be null from now on.
 */
export function planTableChanges(
  wanted: readonly BronzeColumn[],
  current: readonly NestedField[],
): TablePlan {
  const targets = wanted.map(
    (column): Target => ({
      name: column.name,
      aliases: column.aliases,
      required: column.required,
      type: column.type,
      ...(column.doc === undefined ? {} : { doc: column.doc }),
    }),
  );
  return planFields(targets, current, '');
}

interface Target {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly required: boolean;
  readonly type: FieldType;
  readonly doc?: string;
}

const NOTHING: TablePlan = { changes: [], refused: [] };

function planFields(
  targets: readonly Target[],
  current: readonly NestedField[],
  parent: string,
): TablePlan {
  const byName = new Map(current.map((field) => [field.name, field]));
  const wantedNames = new Set(targets.map((target) => target.name));
  const used = new Set<string>();
  const plans = targets.map((target) => {
    const earlier = target.aliases.find((alias) => byName.has(alias) && !wantedNames.has(alias));
    if (earlier !== undefined && byName.has(target.name)) {
      return refuseRename(earlier, joinPath(parent, target.name));
    }
    const existing = byName.get(target.name) ?? byName.get(earlier ?? '');
    if (existing === undefined) return { changes: [addChange(target, parent)], refused: [] };
    used.add(existing.name);
    return planColumn(target, existing, parent);
  });
  const unused = current.filter((field) => field.required && !used.has(field.name));
  const relaxed = unused.map(
    (field): TableChange => ({
      kind: 'make-optional',
      name: joinPath(parent, field.name),
    }),
  );
  return joinPlans([...plans, { changes: relaxed, refused: [] }]);
}

function addChange(target: Target, parent: string): TableChange {
  return {
    kind: 'add-column',
    name: joinPath(parent, target.name),
    type: toColumnType(target.type),
    ...(target.doc === undefined ? {} : { doc: target.doc }),
  };
}

/** Renames first, so that the changes that follow use the new name. */
function planColumn(target: Target, existing: NestedField, parent: string): TablePlan {
  const name = joinPath(parent, target.name);
  const renames: TableChange[] =
    existing.name === target.name
      ? []
      : [{ kind: 'rename', name: joinPath(parent, existing.name), to: target.name }];
  const relaxed: TableChange[] =
    existing.required && !target.required ? [{ kind: 'make-optional', name }] : [];
  const inside = planType(target.type, existing.type, name);
  return { changes: [...renames, ...relaxed, ...inside.changes], refused: inside.refused };
}

function planType(wanted: FieldType, current: IcebergType, name: string): TablePlan {
  if (typeof current !== 'string') return planNested(wanted, current, name);
  const type = toColumnType(wanted);
  if (type === current) return NOTHING;
  if (typeof type === 'string' && widens(current, type)) {
    return { changes: [{ kind: 'widen', name, type }], refused: [] };
  }
  return refuse(name, current, type);
}

function planNested(
  wanted: FieldType,
  current: Exclude<IcebergType, PrimitiveType>,
  name: string,
): TablePlan {
  if (wanted.kind === 'record' && current.type === 'struct') {
    return planFields(wanted.fields.map(toTarget), current.fields, name);
  }
  if (wanted.kind === 'list' && current.type === 'list') {
    return planType(wanted.element, current.element, joinPath(name, 'element'));
  }
  if (wanted.kind === 'map' && current.type === 'map') {
    return planType(wanted.value, current.value, joinPath(name, 'value'));
  }
  return refuse(name, current, toColumnType(wanted));
}

function toTarget(field: Field): Target {
  return {
    name: storedName(field),
    aliases: storedAliases(field),
    required: !field.optional,
    type: field.type,
    ...(field.doc === undefined ? {} : { doc: field.doc }),
  };
}

/** Source: Iceberg v2 §Schema Evolution, valid primitive type promotions. */
function widens(from: PrimitiveType, to: PrimitiveType): boolean {
  if (from === 'int') return to === 'long';
  if (from === 'float') return to === 'double';
  const before = decimalParameters(from);
  const after = decimalParameters(to);
  if (before === null || after === null) return false;
  return before.scale === after.scale && before.precision < after.precision;
}

function refuse(name: string, current: IcebergType, wanted: ColumnType): TablePlan {
  const incompatibility = {
    path: name,
    change: `the column changed from ${kindOf(current)} to ${kindOf(wanted)}`,
    rule: 'a column of the table keeps its type or widens (int to long, float to double, decimal to more digits), also when the field was removed in between',
    remedy: 'restore the type, or use a new name',
  };
  return { changes: [], refused: [incompatibility] };
}

function refuseRename(earlier: string, name: string): TablePlan {
  const incompatibility = {
    path: name,
    change: `the column "${earlier}" was to be renamed`,
    rule: 'the new name is that of an earlier field, whose column the table still has',
    remedy: 'use a name that the stream never had',
  };
  return { changes: [], refused: [incompatibility] };
}

function kindOf(type: IcebergType | ColumnType): string {
  return typeof type === 'string' ? type : type.type;
}

function joinPlans(plans: readonly TablePlan[]): TablePlan {
  return {
    changes: plans.flatMap((plan) => plan.changes),
    refused: plans.flatMap((plan) => plan.refused),
  };
}

function joinPath(parent: string, name: string): string {
  return parent === '' ? name : `${parent}.${name}`;
}
