import { type Field, type FieldType, storedName } from '#core/schema/field.ts';
import { columnNameProblem } from '../athena-name.ts';
import type { MappingInput } from '../model/domain-model.ts';
import type { Mapping } from '../project.ts';
import { type ConfigPath, quote } from '../source/config-issue.ts';
import { nearestName } from '../source/nearest-name.ts';
import { resolveFields } from './resolve-field.ts';
import { resolveType } from './resolve-type.ts';
import { reportExpression, type StreamScope } from './stream-scope.ts';

/**
 * The topic mapping: `symbol: upper(symbol)` rewrites a field, `notional: { type, value }` fills a
 * column of its own, whose type is declared so that a table never depends on type inference.
 */
export function resolveMapping(
  inputs: Readonly<Record<string, MappingInput>>,
  scope: StreamScope,
): readonly Mapping[] {
  return Object.entries(inputs).flatMap(([name, input]) => {
    const path = [...scope.path, 'mapping', name];
    const mapping =
      typeof input === 'string'
        ? rewriteField(name, input, { path, scope })
        : fillColumn(name, input, { path, scope });
    return mapping ?? [];
  });
}

interface Place {
  readonly path: ConfigPath;
  readonly scope: StreamScope;
}

function rewriteField(name: string, expression: string, { path, scope }: Place): Mapping | null {
  const field = scope.fields.get(name);
  if (field === undefined) {
    if (!scope.declared.includes(name)) scope.report.atKey(path, unknownColumn(name, scope));
    return null;
  }
  const problem = rewriteProblem(field);
  if (problem !== null) scope.report.atKey(path, problem);
  reportExpression(expression, path, { scope, expect: 'any', column: field });
  return { column: name, expression, type: field.type };
}

/** The source value stays beside the rewritten one in a primitive column; amounts stay as they came. */
function rewriteProblem(field: Field): string | null {
  const { kind } = field.type;
  if (kind !== 'money' && kind !== 'list' && kind !== 'map' && kind !== 'record') return null;
  return `expected a field of a plain type to rewrite, got ${quote(field.name)} of type ${kind}; fill a new column with { type, value } instead`;
}

function unknownColumn(name: string, scope: StreamScope): string {
  const nearest = nearestName(name, scope.declared);
  const hint = nearest === null ? '' : `; did you mean ${quote(nearest)}?`;
  return `expected a field to rewrite, got ${quote(name)}${hint || `; declare a new column as ${name}: { type: double, value: … }`}`;
}

function fillColumn(
  name: string,
  input: Exclude<MappingInput, string>,
  { path, scope }: Place,
): Mapping | null {
  const { report } = scope;
  const nameProblem = columnNameProblem(name);
  if (nameProblem !== null) report.atKey(path, nameProblem);
  const type = resolveType(input.type, [...path, 'type'], {
    report,
    currencyRequired: true,
    resolveRecordFields: (nested, nestedPath) => resolveFields(nested, nestedPath, report),
  });
  if (type === null) return null;
  const problem = fillProblem(name, type, scope);
  if (problem !== null) report.atKey(path, problem);
  reportExpression(input.value, [...path, 'value'], {
    scope,
    expect: 'any',
    column: { name, type },
  });
  return { column: storedName({ name, type }), expression: input.value, type };
}

function fillProblem(name: string, type: FieldType, scope: StreamScope): string | null {
  if (scope.declared.includes(name)) {
    return `expected a new column, got the field ${quote(name)}; write "${name}: <expression>" to rewrite it`;
  }
  const stored = storedName({ name, type });
  const owner = [...scope.fields.values()].find((field) => storedName(field) === stored);
  if (owner !== undefined) {
    return `expected a column of its own, got ${quote(stored)}, the column of field ${quote(owner.name)}`;
  }
  const { kind } = type;
  if (kind !== 'list' && kind !== 'map' && kind !== 'record') return null;
  return `expected a plain type for a mapped column, got ${kind}`;
}
