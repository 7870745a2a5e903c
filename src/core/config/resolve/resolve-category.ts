import type { FieldType } from '#core/schema/field.ts';
import { columnNameProblem } from '../athena-name.ts';
import type { Category, CategoryField } from '../category.ts';
import type { CategoryInput } from '../model/category-model.ts';
import { unknownName } from '../source/nearest-name.ts';
import type { Reporter } from '../source/reporter.ts';
import { resolveFields } from './resolve-field.ts';
import { resolveType } from './resolve-type.ts';

/** A category with its types resolved; fields with an issue are left out. */
export function resolveCategory(name: string, input: CategoryInput, report: Reporter): Category {
  const fields = Object.entries(input.fields ?? {}).flatMap(
    ([fieldName, typeInput]): CategoryField[] => {
      const path = ['fields', fieldName];
      const problem = columnNameProblem(fieldName);
      if (problem !== null) report.atKey(path, problem);
      const type = resolveType(typeInput, path, {
        report,
        currencyRequired: false,
        resolveRecordFields: (nested, nestedPath) => resolveFields(nested, nestedPath, report),
      });
      return type === null ? [] : [{ name: fieldName, type }];
    },
  );
  return {
    name,
    description: input.description ?? '',
    eventTime: resolveEventTime(input.event_time, fields, report),
    fields,
  };
}

function resolveEventTime(
  name: string | undefined,
  fields: readonly CategoryField[],
  report: Reporter,
): string | null {
  if (name === undefined) return null;
  const field = fields.find((candidate) => candidate.name === name);
  if (field === undefined) {
    const declared = report.keysAt(['fields']);
    if (!declared.includes(name)) report.at(['event_time'], unknownName(name, declared));
    return null;
  }
  const problem = eventTimeProblem(name, field.type);
  if (problem !== null) report.at(['event_time'], problem);
  return name;
}

/** Why a field cannot be the event time, or null. */
export function eventTimeProblem(name: string, type: FieldType): string | null {
  if (type.kind === 'timestamp_micros' || type.kind === 'timestamp_millis') return null;
  return `expected a field of type timestamp_micros or timestamp_millis, got "${name}" of type ${type.kind}`;
}
