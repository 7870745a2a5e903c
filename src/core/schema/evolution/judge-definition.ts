import { findResolutionProblems, type ResolutionProblem } from './avro-resolution.ts';
import { type CompatibilityMode, MODE_RULES, versionsAgainst } from './compatibility-mode.ts';
import { parseNamedTypes } from './resolvable-type.ts';

/** A definition that a registry refuses, by Avro's rules alone. */
export interface RefusedDefinition {
  readonly direction: 'backward' | 'forward';
  /** Index of the earlier definition, from 0. */
  readonly against: number;
  readonly problem: ResolutionProblem;
}

/**
 * What a registry with this mode refuses of a new definition: pure Avro, as registries judge. DISABLED is
 * the caller's to refuse, since no definition is at fault. All are schemas as JSON values, oldest first.
 * Throws SCHEMA_INCOMPATIBLE for what is no schema.
 */
export function judgeDefinition(
  mode: CompatibilityMode,
  next: unknown,
  earlier: readonly unknown[],
): readonly RefusedDefinition[] {
  parseNamedTypes(next);
  const { backward, forward } = MODE_RULES[mode];
  const numbered = earlier.map((schema, against) => ({ schema, against }));
  return versionsAgainst(mode, numbered).flatMap(({ schema, against }) => [
    ...(backward ? problems('backward', against, [next, schema]) : []),
    ...(forward ? problems('forward', against, [schema, next]) : []),
  ]);
}

function problems(
  direction: RefusedDefinition['direction'],
  against: number,
  [reader, writer]: readonly [unknown, unknown],
): readonly RefusedDefinition[] {
  return findResolutionProblems(reader, writer).map((problem) => ({ direction, against, problem }));
}

/** `forward against version 2: price: missing-field` */
export function describeRefusedDefinition(
  { direction, problem }: RefusedDefinition,
  version: number,
): string {
  const place = problem.path === '' ? 'the schema' : problem.path;
  return `${direction} against version ${version}: ${place}: ${WORDS[problem.kind]}`;
}

const WORDS: Readonly<Record<ResolutionProblem['kind'], string>> = {
  'missing-field': 'the reader has no default for it and the writer does not write it',
  'ambiguous-alias': 'several fields of the writer are meant',
  name: 'reader and writer name the type differently',
  symbols: 'the reader does not know every symbol',
  size: 'reader and writer differ in size',
  null: 'the writer may write null',
  type: 'the reader cannot promote the type of the writer',
};
