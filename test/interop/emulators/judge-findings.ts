import type { Output } from '#cli/output.ts';
import { KNOWN_DIFFERENCES, type KnownDifference } from './known-differences.ts';

/** One case as one judge saw it. */
export interface Finding {
  readonly judge: string;
  readonly by: KnownDifference['by'];
  readonly service: string;
  readonly case: string;
  /** Null when judge and local cloud agree. */
  readonly problem: string | null;
}

export interface Judged {
  readonly findings: readonly Finding[];
  readonly known: readonly (readonly [Finding, KnownDifference])[];
  /** Differences that nobody has looked at. */
  readonly unknown: readonly Finding[];
  /** Known differences that did not happen, `judge service case`. */
  readonly vanished: readonly string[];
}

/** Sorts findings by what is known; `judges` are those that ran. */
export function judgeFindings(
  findings: readonly Finding[],
  options: {
    readonly judges: readonly string[];
    readonly knownDifferences?: readonly KnownDifference[];
  },
): Judged {
  const knownDifferences = options.knownDifferences ?? KNOWN_DIFFERENCES;
  const differing = findings.filter(({ problem }) => problem !== null);
  const known = differing.flatMap((finding) => {
    const entry = knownDifferences.find((candidate) => covers(candidate, finding));
    return entry === undefined ? [] : [[finding, entry] as const];
  });
  const explained = new Set(known.map(([finding]) => finding));
  const vanished = knownDifferences
    .filter(({ judge }) => options.judges.includes(judge))
    .flatMap((entry) =>
      entry.cases
        .filter((name) => !known.some(([finding, by]) => by === entry && finding.case === name))
        .map((name) => `${entry.judge} ${entry.service} (${entry.by}): ${name}`),
    );
  return {
    findings,
    known,
    unknown: differing.filter((finding) => !explained.has(finding)),
    vanished,
  };
}

function covers(entry: KnownDifference, finding: Finding): boolean {
  return (
    entry.judge === finding.judge &&
    entry.by === finding.by &&
    entry.service === finding.service &&
    entry.cases.includes(finding.case)
  );
}

/** The table of docs/judges.md, then every difference with its verdict. */
export function printVerdict(
  output: Output,
  judged: Judged,
  notes: { readonly missing: readonly string[]; readonly members: readonly string[] },
): void {
  printTable(output, judged.findings);
  for (const [entry, findings] of Map.groupBy(judged.known, ([, entry]) => entry)) {
    output.line(
      `\n${entry.judge} on ${entry.service} ${entry.reason}. In the right: ${entry.right}.`,
    );
    for (const [{ case: name, problem }] of findings) output.line(`  ${name}: ${problem}`);
  }
  output.line('\nMembers that a judge answers and the local cloud does not:');
  for (const text of notes.members) output.line(`  ${text}`);
  for (const { judge, service, case: name, problem } of judged.unknown) {
    output.problem(`\nNOT KNOWN: ${judge} on ${service}, "${name}": ${problem}`);
  }
  for (const text of judged.vanished) output.problem(`\nNO LONGER A DIFFERENCE: ${text}`);
  for (const text of notes.missing) output.problem(`\nNOT A JUDGE HERE: ${text}`);
  const { findings, known, unknown, vanished } = judged;
  output.line(
    `\n${findings.length} cases, ${known.length} known differences, ${unknown.length} unknown, ${vanished.length} gone.`,
  );
}

function printTable(output: Output, findings: readonly Finding[]): void {
  const groups = Map.groupBy(findings, ({ service, judge, by }) => `${service}\t${judge}\t${by}`);
  output.line();
  output.table(
    ['judged', 'by', 'how', 'cases', 'agree', 'differ'],
    [...groups]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, group]) => {
        const differ = group.filter(({ problem }) => problem !== null).length;
        return [...key.split('\t'), ...[group.length, group.length - differ, differ].map(String)];
      }),
    { rightAligned: [3, 4, 5] },
  );
}
