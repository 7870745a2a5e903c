import type { Field } from '#core/schema/field.ts';
import type { ConfigChecks } from '../check-expression.ts';
import { type ConfigPath, cutTextHint } from '../source/config-issue.ts';
import { unknownName } from '../source/nearest-name.ts';
import type { Reporter } from '../source/reporter.ts';

/** What the parts of a stream are checked against. */
export interface StreamScope {
  readonly path: ConfigPath;
  /** Valid fields by name. */
  readonly fields: ReadonlyMap<string, Field>;
  /** Names in the file, also of fields that have an issue: a reference to one is not a second issue. */
  readonly declared: readonly string[];
  readonly report: Reporter;
  readonly checks: ConfigChecks;
}

/** The field of a name; null with an issue at `path` when there is none, silently when it is itself invalid. */
export function requireField(name: string, path: ConfigPath, scope: StreamScope): Field | null {
  const field = scope.fields.get(name);
  if (field !== undefined) return field;
  if (!scope.declared.includes(name)) scope.report.at(path, unknownName(name, scope.declared));
  return null;
}

/**
 * Reports what is wrong with an expression. Skipped while a field is invalid: the expression would
 * only repeat that issue.
 */
export function reportExpression(
  text: string,
  path: ConfigPath,
  options: {
    readonly scope: StreamScope;
    readonly expect: 'boolean' | 'any';
    readonly column: Pick<Field, 'name' | 'type'> | null;
  },
): void {
  const { scope, expect, column } = options;
  if (text.trim() === '') {
    scope.report.at(path, 'expected an expression, got blank text');
    return;
  }
  if (scope.fields.size !== scope.declared.length) return;
  const problem = scope.checks.checkExpression?.(text, [...scope.fields.values()], {
    expect,
    column,
  });
  if (problem === null || problem === undefined) return;
  scope.report.at(path, `${problem}${cutTextHint(text)}`);
}
