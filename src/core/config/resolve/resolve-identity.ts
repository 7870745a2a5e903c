import type { Field } from '#core/schema/field.ts';
import { typeText } from '../category.ts';
import { DEFAULT_IDENTITY_FIELD } from '../model/stream-defaults-model.ts';
import { quote } from '../source/config-issue.ts';
import { requireField, type StreamScope } from './stream-scope.ts';

/** Types whose text is the same everywhere, so that equal values meet in one shard and have one id. */
const COMPARABLE_KINDS = [
  'string',
  'enum',
  'boolean',
  'int',
  'long',
  'date',
  'timestamp_millis',
  'timestamp_micros',
];

function comparableProblem(field: Field): string | null {
  if (field.optional) {
    return `expected a field that every event has, got the optional field ${quote(field.name)}`;
  }
  if (COMPARABLE_KINDS.includes(field.type.kind)) return null;
  return `expected a field of type ${COMPARABLE_KINDS.join(', ')}, got ${quote(field.name)} of type ${typeText(field.type)}`;
}

/** Reports what keeps a field from being the partition key. */
export function checkKey(name: string, scope: StreamScope): void {
  const path = [...scope.path, 'key'];
  const field = requireField(name, path, scope);
  const problem = field === null ? null : comparableProblem(field);
  if (problem !== null) scope.report.at(path, problem);
}

/** Fields that make two events the same event, with every problem reported. */
export function resolveIdentity(
  names: readonly string[] | undefined,
  scope: StreamScope,
): readonly string[] {
  const path = [...scope.path, 'identity'];
  if (names === undefined) {
    const known = scope.declared.includes(DEFAULT_IDENTITY_FIELD) || scope.report.has(path);
    if (!known) {
      scope.report.at(
        path,
        `expected the fields that make two events the same event, got nothing; list them or add a field "${DEFAULT_IDENTITY_FIELD}"`,
      );
    }
    return [DEFAULT_IDENTITY_FIELD];
  }
  for (const [index, name] of names.entries()) {
    const at = [...path, index];
    const field = requireField(name, at, scope);
    const repeated = names.indexOf(name) < index;
    const problem = repeated
      ? `expected each field once, got ${quote(name)} again`
      : field === null
        ? null
        : comparableProblem(field);
    if (problem !== null) scope.report.at(at, problem);
  }
  return names;
}
