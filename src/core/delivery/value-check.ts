import { daysFromCivil, floorDivide, MICROS_PER_DAY } from '../civil-date.ts';
import { type Field, type Row, storedName, type Value } from '../schema/field.ts';

/** What is wrong with a row's values, or null. */
export type ValueCheck = (row: Row) => string | null;

/** The years that every engine reads and shows; partition transforms are exact far beyond. */
const FIRST_DAY = daysFromCivil({ year: 1, month: 1, day: 1 });
const LAST_DAY = daysFromCivil({ year: 9999, month: 12, day: 31 });

/**
 * Checks values that have the right type and still must not get into a table: NaN and infinities
 * (unless the field allows them), dates and times outside the years 1 to 9999. Top-level columns only.
 */
export function compileValueCheck(
  fields: readonly Pick<Field, 'name' | 'type' | 'allowNan'>[],
): ValueCheck {
  const checks = fields.flatMap((field) => {
    const problem = problemFinder(field);
    return problem === null ? [] : [{ name: storedName(field), problem }];
  });
  return (row) => {
    for (const { name, problem } of checks) {
      const found = problem(row[name] ?? null);
      if (found !== null) return `${name}: ${found}`;
    }
    return null;
  };
}

function problemFinder({
  type,
  allowNan,
}: Pick<Field, 'type' | 'allowNan'>): ((value: Value) => string | null) | null {
  switch (type.kind) {
    case 'float':
    case 'double':
      return allowNan ? null : finiteProblem;
    case 'date':
      return (value) => (typeof value === 'number' ? yearProblem(value) : null);
    case 'timestamp_millis':
    case 'timestamp_micros':
      return (value) =>
        typeof value === 'bigint' ? yearProblem(Number(floorDivide(value, MICROS_PER_DAY))) : null;
    default:
      return null;
  }
}

function finiteProblem(value: Value): string | null {
  return typeof value === 'number' && !Number.isFinite(value)
    ? `expected a finite number, got ${value}`
    : null;
}

function yearProblem(day: number): string | null {
  return day < FIRST_DAY || day > LAST_DAY
    ? `expected a time in the years 1 to 9999, got day ${day} since 1970`
    : null;
}
