import type { AvroRecord } from '../avro-schema.ts';
import { findResolutionProblems, type ResolutionProblem } from './avro-resolution.ts';
import { findIncompatibilities, type Incompatibility } from './compatibility.ts';
import { type CompatibilityMode, MODE_RULES, versionsAgainst } from './compatibility-mode.ts';

/** An earlier version of a stream. */
export interface EarlierVersion {
  readonly version: number;
  readonly schema: AvroRecord;
}

/** A refused change, and which earlier version it breaks. */
export interface RefusedVersion extends Incompatibility {
  readonly mode: CompatibilityMode;
  readonly against: number;
}

/**
 * What a mode refuses of the next version, the newest earlier version of each place only. Backward is
 * stricter than Avro: what a table or a reader of amounts could not follow is refused too
 * (findIncompatibilities). Forward is Avro's resolution by the earlier versions, and again no amount or
 * time may change its meaning.
 */
export function judgeChange(
  mode: CompatibilityMode,
  next: AvroRecord,
  earlier: readonly EarlierVersion[],
): readonly RefusedVersion[] {
  const latest = earlier.at(-1);
  if (latest === undefined) return [];
  if (mode === 'DISABLED') return [newVersion(latest.version)];
  const { backward, forward } = MODE_RULES[mode];
  const found = versionsAgainst(mode, earlier).flatMap(({ version, schema }) => {
    const problems = [
      ...(backward ? backwardProblems(next, schema, { latest: version === latest.version }) : []),
      ...(forward ? forwardProblems(next, schema, version) : []),
    ];
    return problems.map((problem) => ({ ...problem, mode, against: version }));
  });
  return newestPerPath(found);
}

function newVersion(against: number): RefusedVersion {
  return {
    path: 'compatibility',
    change: 'a new version was to be written',
    rule: 'the stream takes no new version',
    remedy: 'restore the fields, or set another "compatibility"',
    mode: 'DISABLED',
    against,
  };
}

/** A change that breaks several versions is told once, for the newest of them. */
function newestPerPath(found: readonly RefusedVersion[]): readonly RefusedVersion[] {
  const byPath = new Map(
    found.map((refused) => [
      refused.path,
      { ...refused, change: `${refused.change} (since version ${refused.against})` },
    ]),
  );
  return [...byPath.values()];
}

function backwardProblems(
  next: AvroRecord,
  earlier: AvroRecord,
  options: { readonly latest: boolean },
): readonly Incompatibility[] {
  const strict = findIncompatibilities(next, earlier, options);
  const told = new Set(strict.map(({ path }) => path));
  const avro = findResolutionProblems(next, earlier).filter(({ path }) => !told.has(path));
  return [...strict, ...avro.map((problem) => describeBackward(problem))];
}

/** What is left of Avro's own rules, which findIncompatibilities does not know. */
function describeBackward(problem: ResolutionProblem): Incompatibility {
  const { path } = problem;
  if (problem.kind === 'ambiguous-alias') {
    const names = problem.names.map((name) => `"${name}"`).join(' and ');
    return {
      path,
      change: `records written before have ${names}`,
      rule: 'one of them only can be the value of the field',
      remedy: 'remove the alias',
    };
  }
  return {
    path,
    change: `the schema changed (${problem.kind})`,
    rule: 'records written before cannot be resolved to it',
    remedy: 'restore what was changed, or add a new field beside it',
  };
}

function forwardProblems(
  next: AvroRecord,
  earlier: AvroRecord,
  version: number,
): readonly Incompatibility[] {
  const avro = findResolutionProblems(earlier, next);
  const told = new Set(avro.map(({ path }) => path));
  const meaning = findIncompatibilities(earlier, next, { latest: false })
    .filter(({ path }) => !told.has(path))
    .filter(({ change }) => /^the (type|currency) changed/.test(change))
    .map((problem) => ({
      ...problem,
      change: turnAround(problem.change),
      rule: `consumers of version ${version} would read another value`,
      remedy: 'restore the type, or add a new field beside it',
    }));
  return [...avro.map((problem) => describeForward(problem, next, version)), ...meaning];
}

/** The earlier version was the reader: `from` is what the new one has. */
function turnAround(change: string): string {
  return change.replace(/from (\S+) to (\S+)/, 'from $2 to $1');
}

function describeForward(
  problem: ResolutionProblem,
  next: AvroRecord,
  version: number,
): Incompatibility {
  const { path } = problem;
  const readers = `consumers of version ${version}`;
  switch (problem.kind) {
    case 'missing-field':
      return missingForward(path, next, readers);
    case 'null':
      return {
        path,
        change: 'a required field became optional',
        rule: `${readers} cannot read null`,
        remedy: 'keep it required, or add an optional field beside it',
      };
    case 'symbols':
      return {
        path,
        change: `the enum gained ${problem.symbols.map((symbol) => `"${symbol}"`).join(', ')}`,
        rule: `${readers} do not know the symbol`,
        remedy: 'keep the symbols, or add a new field beside it',
      };
    case 'ambiguous-alias':
      return {
        path,
        change: `fields ${problem.names.map((name) => `"${name}"`).join(' and ')} stand beside each other`,
        rule: `${readers} take each for this field, by alias`,
        remedy: 'use a name that the stream never had',
      };
    case 'type':
    case 'size':
    case 'name':
      return {
        path,
        change: `the type changed from ${problem.reader} to ${problem.writer}`,
        rule: `${readers} read only what they can promote to ${problem.reader}`,
        remedy: 'restore the type, or add a new field beside it',
      };
  }
}

function missingForward(path: string, next: AvroRecord, readers: string): Incompatibility {
  const renamed = next.fields.find((field) => field.aliases?.includes(path));
  const rule = `${readers} need a value of it and have no default`;
  return renamed === undefined
    ? {
        path,
        change: 'a required field was removed',
        rule,
        remedy: 'keep the field; only one that had a default or was optional can go',
      }
    : {
        path,
        change: `a required field was renamed to "${renamed.name}"`,
        rule,
        remedy: 'keep the name: earlier consumers look for it, and know no alias',
      };
}
