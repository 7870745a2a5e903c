import { type Field, type FieldType, storedName } from '#core/schema/field.ts';
import { columnNameProblem } from '../athena-name.ts';
import type { FieldInput } from '../model/field-model.ts';
import { NAME_PATTERN } from '../model/name-model.ts';
import { type ConfigPath, describeValue, quote } from '../source/config-issue.ts';
import type { Reporter } from '../source/reporter.ts';
import { readDefault } from './field-default.ts';
import { resolveType, type TypeContext } from './resolve-type.ts';

/**
 * The fields of a stream or record, in the order of the file. Fields with an issue are left out.
 * Names are unique as they are stored: `fee` of type money and `fee_cents` would share a column.
 */
export function resolveFields(
  inputs: Readonly<Record<string, FieldInput>>,
  path: ConfigPath,
  report: Reporter,
): readonly Field[] {
  const context: TypeContext = {
    report,
    currencyRequired: true,
    resolveRecordFields: (nested, nestedPath) => resolveFields(nested, nestedPath, report),
  };
  const fields: Field[] = [];
  for (const [name, input] of Object.entries(inputs)) {
    const field = resolveField(name, input, { path: [...path, name], context });
    if (field !== null) fields.push(field);
  }
  return dropClashes(fields, path, report);
}

function resolveField(
  name: string,
  input: FieldInput,
  options: { readonly path: ConfigPath; readonly context: TypeContext },
): Field | null {
  const { path, context } = options;
  const problem = columnNameProblem(name);
  if (problem !== null) context.report.atKey(path, problem);
  const keys = typeof input === 'string' ? { type: input } : input;
  const type = resolveType(input, path, context);
  if (type === null || problem !== null) return null;
  const optional = keys.optional ?? false;
  const allowNan = keys.allow_nan ?? false;
  if (allowNan && type.kind !== 'float' && type.kind !== 'double') {
    context.report.at(
      [...path, 'allow_nan'],
      `expected allow_nan at float or double only, got it at ${type.kind}`,
    );
  }
  reportAliases(name, keys.aliases ?? [], { path, report: context.report });
  return {
    name,
    type,
    optional,
    ...resolveDefault(keys.default, type, { optional, path, report: context.report }),
    aliases: keys.aliases ?? [],
    ...(keys.doc === undefined ? {} : { doc: keys.doc }),
    examples: keys.examples ?? [],
    allowNan,
  };
}

function resolveDefault(
  input: string | number | boolean | undefined,
  type: FieldType,
  options: { readonly optional: boolean; readonly path: ConfigPath; readonly report: Reporter },
): Pick<Field, 'default'> {
  if (input === undefined) return {};
  const path = [...options.path, 'default'];
  if (options.optional) {
    options.report.at(
      path,
      `expected no default at an optional field (it is null), got ${describeValue(input)}; remove "default" or "optional"`,
    );
    return {};
  }
  const reading = readDefault(type, input);
  if (reading.ok) return { default: reading.value };
  options.report.at(path, `expected ${reading.expected}, got ${describeValue(input)}`);
  return {};
}

function reportAliases(
  name: string,
  aliases: readonly string[],
  options: { readonly path: ConfigPath; readonly report: Reporter },
): void {
  for (const [index, alias] of aliases.entries()) {
    const problem = aliasProblem(name, alias, aliases.indexOf(alias) < index);
    if (problem !== null) options.report.at([...options.path, 'aliases', index], problem);
  }
}

function aliasProblem(name: string, alias: string, repeated: boolean): string | null {
  if (repeated) return `expected each alias once, got ${quote(alias)} again`;
  if (alias === name) return `expected an earlier name, got the present name ${quote(alias)}`;
  return NAME_PATTERN.test(alias) ? null : `expected an earlier field name, got ${quote(alias)}`;
}

/** Reports fields and aliases that would share one stored name. */
function dropClashes(
  fields: readonly Field[],
  path: ConfigPath,
  report: Reporter,
): readonly Field[] {
  const owners = new Map<string, Field>();
  const kept = fields.filter((field) => {
    const stored = storedName(field);
    const owner = owners.get(stored);
    if (owner !== undefined) {
      report.atKey(
        [...path, field.name],
        `expected a column of its own, got ${quote(stored)}, the column of field ${quote(owner.name)}; rename one of them`,
      );
      return false;
    }
    owners.set(stored, field);
    return true;
  });
  for (const field of kept) reportAliasClashes(field, owners, { path, report });
  return kept;
}

/** Remembers aliases among the owners too: an earlier name leads to one field only. */
function reportAliasClashes(
  field: Field,
  owners: Map<string, Field>,
  options: { readonly path: ConfigPath; readonly report: Reporter },
): void {
  for (const [index, alias] of field.aliases.entries()) {
    if (aliasProblem(field.name, alias, field.aliases.indexOf(alias) < index) !== null) continue;
    const stored = storedName({ name: alias, type: field.type });
    const owner = owners.get(stored);
    if (owner === undefined) {
      owners.set(stored, field);
      continue;
    }
    options.report.at(
      [...options.path, field.name, 'aliases', index],
      `expected a name that no other field has, got ${quote(alias)}, which leads to field ${quote(owner.name)}`,
    );
  }
}
