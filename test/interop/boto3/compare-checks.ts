import type { CheckResult, RecordedCall } from './run-checks.ts';

/** One way in which two implementations answered the same check. */
export interface CallDifference {
  readonly check: string;
  readonly text: string;
}

/**
 * Where a judge answered otherwise than the local cloud: the check failed on it, or the first call whose
 * status or error code differs. After that the two have parted, and what follows says nothing.
 */
export function compareChecks(
  ours: readonly CheckResult[],
  theirs: readonly CheckResult[],
): readonly CallDifference[] {
  return theirs.flatMap((their): readonly CallDifference[] => {
    const our = ours.find(({ check }) => check === their.check);
    if (their.problem !== null) return [{ check: their.check, text: firstLine(their.problem) }];
    const parted = our === undefined ? null : firstDifference(our.calls, their.calls);
    return parted === null ? [] : [{ check: their.check, text: parted }];
  });
}

/** Members that only one of the two ever answered, by operation: for people to look at. */
export function compareMembers(
  ours: readonly CheckResult[],
  theirs: readonly CheckResult[],
): readonly string[] {
  const our = membersByOperation(ours);
  const their = membersByOperation(theirs);
  return [...their].flatMap(([operation, members]) => {
    const known = our.get(operation);
    if (known === undefined || members.size === 0) return [];
    // Of a member that is missing whole, its own members are too.
    const lacking = [...members].filter((member) => {
      const parent = parentOf(member);
      const isInMissing = parent !== null && members.has(parent) && !known.has(parent);
      return !known.has(member) && !isInMissing;
    });
    return lacking.length === 0 ? [] : [`${operation}: ${lacking.sort().join(', ')}`];
  });
}

/** Null for a member of the answer itself. */
function parentOf(member: string): string | null {
  const end = member.lastIndexOf('.');
  return end === -1 ? null : member.slice(0, end).replace(/\[\]$/, '');
}

function membersByOperation(results: readonly CheckResult[]): Map<string, Set<string>> {
  const members = new Map<string, Set<string>>();
  for (const call of results.flatMap(({ calls }) => calls)) {
    if (call.code !== null) continue;
    const known = members.get(call.operation) ?? new Set<string>();
    for (const member of call.members) known.add(member);
    members.set(call.operation, known);
  }
  return members;
}

function firstDifference(
  ours: readonly RecordedCall[],
  theirs: readonly RecordedCall[],
): string | null {
  const [our, their] = [fold(ours), fold(theirs)];
  const index = our.findIndex((call, at) => their[at] !== undefined && call !== their[at]);
  return index === -1 ? null : `answers ${their[index]}, the local cloud ${our[index]}`;
}

/** Waiting takes each implementation a different number of equal calls: they count as one. */
function fold(calls: readonly RecordedCall[]): readonly string[] {
  const texts = calls.map(({ operation, status, code }) =>
    [operation, status, code].filter((part) => part !== null).join(' '),
  );
  return texts.filter((text, index) => text !== texts[index - 1]);
}

function firstLine(problem: string): string {
  return (problem.split('\n')[0] ?? '').slice(0, 200);
}
