import type { IcebergType, NestedField, PrimitiveType } from '#core/iceberg/spec/schema.ts';
import { decimalParameters } from '#core/iceberg/spec/schema-fields.ts';
import type { SchemaChange } from '#core/iceberg/transaction/evolve-schema.ts';
import type { BronzeColumn } from '../bronze-table.ts';
import { storedAliases } from '../bronze-table.ts';
import { type Field, type FieldType, storedName } from '../field.ts';
import { countingIds, toIcebergType } from '../iceberg-type.ts';
import { addColumnChange } from '../table-shape.ts';
import type { Incompatibility } from './compatibility.ts';

export interface TablePlan {
  readonly changes: readonly SchemaChange[];
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
  return planFields(targets, current, []);
}

interface Target {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly required: boolean;
  readonly type: FieldType;
  readonly doc?: string;
}

type Path = readonly string[];

const NOTHING: TablePlan = { changes: [], refused: [] };

function planFields(
  targets: readonly Target[],
  current: readonly NestedField[],
  parent: Path,
): TablePlan {
  const byName = new Map(current.map((field) => [field.name, field]));
  const wantedNames = new Set(targets.map((target) => target.name));
  const used = new Set<string>();
  const plans = targets.map((target) => {
    const earlier = target.aliases.find((alias) => byName.has(alias) && !wantedNames.has(alias));
    if (earlier !== undefined && byName.has(target.name)) {
      return refuseRename(earlier, [...parent, target.name]);
    }
    const existing = byName.get(target.name) ?? byName.get(earlier ?? '');
    if (existing === undefined) return { changes: [addColumnChange(target, parent)], refused: [] };
    used.add(existing.name);
    return planColumn(target, existing, parent);
  });
  const unused = current.filter((field) => field.required && !used.has(field.name));
  const relaxed = unused.map(
    (field): SchemaChange => ({
      kind: 'make-optional',
      path: [...parent, field.name],
    }),
  );
  return joinPlans([...plans, { changes: relaxed, refused: [] }]);
}

/** Renames first, so that the changes that follow use the new name. */
function planColumn(target: Target, existing: NestedField, parent: Path): TablePlan {
  const path = [...parent, target.name];
  const renames: SchemaChange[] =
    existing.name === target.name
      ? []
      : [{ kind: 'rename-column', path: [...parent, existing.name], newName: target.name }];
  const relaxed: SchemaChange[] =
    existing.required && !target.required ? [{ kind: 'make-optional', path }] : [];
  const inside = planType(target.type, existing.type, path);
  return { changes: [...renames, ...relaxed, ...inside.changes], refused: inside.refused };
}

function planType(wanted: FieldType, current: IcebergType, path: Path): TablePlan {
  if (typeof current !== 'string') return planNested(wanted, current, path);
  const type = toIcebergType(wanted, countingIds());
  if (type === current) return NOTHING;
  if (typeof type === 'string' && widens(current, type)) {
    return { changes: [{ kind: 'widen-column', path, type }], refused: [] };
  }
  return refuse(path, current, type);
}

function planNested(
  wanted: FieldType,
  current: Exclude<IcebergType, PrimitiveType>,
  path: Path,
): TablePlan {
  if (wanted.kind === 'record' && current.type === 'struct') {
    return planFields(wanted.fields.map(toTarget), current.fields, path);
  }
  if (wanted.kind === 'list' && current.type === 'list') {
    return planType(wanted.element, current.element, [...path, 'element']);
  }
  if (wanted.kind === 'map' && current.type === 'map') {
    return planType(wanted.value, current.value, [...path, 'value']);
  }
  return refuse(path, current, toIcebergType(wanted, countingIds()));
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

function refuse(path: Path, current: IcebergType, wanted: IcebergType): TablePlan {
  const incompatibility = {
    path: path.join('.'),
    change: `the column changed from ${kindOf(current)} to ${kindOf(wanted)}`,
    rule: 'a column of the table keeps its type or widens (int to long, float to double, decimal to more digits), also when the field was removed in between',
    remedy: 'restore the type, or use a new name',
  };
  return { changes: [], refused: [incompatibility] };
}

function refuseRename(earlier: string, path: Path): TablePlan {
  const incompatibility = {
    path: path.join('.'),
    change: `the column "${earlier}" was to be renamed`,
    rule: 'the new name is that of an earlier field, whose column the table still has',
    remedy: 'use a name that the stream never had',
  };
  return { changes: [], refused: [incompatibility] };
}

function kindOf(type: IcebergType): string {
  return typeof type === 'string' ? type : type.type;
}

function joinPlans(plans: readonly TablePlan[]): TablePlan {
  return {
    changes: plans.flatMap((plan) => plan.changes),
    refused: plans.flatMap((plan) => plan.refused),
  };
}
