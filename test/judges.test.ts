import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { compareChecks, compareMembers } from './interop/boto3/compare-checks.ts';
import type { CheckResult, RecordedCall } from './interop/boto3/run-checks.ts';
import { type Finding, judgeFindings } from './interop/emulators/judge-findings.ts';
import { KNOWN_DIFFERENCES, type KnownDifference } from './interop/emulators/known-differences.ts';
import { PYICEBERG_DEVIATIONS, unexplained } from './interop/readers/pyiceberg-deviations.ts';

const CASES = ['takes anything', 'forgets shards'];
const KNOWN: KnownDifference = {
  judge: 'moto',
  by: 'contract',
  service: 'Kinesis',
  cases: CASES,
  right: 'local cloud',
  reason: 'takes what it should refuse',
};

function finding(change: Partial<Finding>): Finding {
  const base = {
    judge: 'moto',
    by: 'contract',
    service: 'Kinesis',
    case: 'takes anything',
  } as const;
  return { ...base, problem: 'it took it', ...change };
}

describe('differences with judges', () => {
  const judge = (findings: readonly Finding[]) =>
    judgeFindings(findings, { judges: ['moto'], knownDifferences: [KNOWN] });

  it('are known by judge, way, service and case', () => {
    const both = CASES.map((name) => finding({ case: name }));
    const { known, unknown, vanished } = judge(both);
    expect([known.length, unknown, vanished]).toEqual([2, [], []]);
  });

  it('are unknown when any of these is another', () => {
    const others: readonly Partial<Finding>[] = [
      { judge: 'ministack' },
      { by: 'boto3' },
      { service: 'S3' },
      { case: 'takes nothing' },
    ];
    const { unknown } = judge(others.map(finding));
    expect(unknown).toHaveLength(others.length);
  });

  it('are missed when a known one is gone', () => {
    const agreeing = finding({ case: 'forgets shards', problem: null });
    expect(judge([finding({}), agreeing]).vanished).toEqual([
      'moto Kinesis (contract): forgets shards',
    ]);
  });

  it('are not missed of a judge that did not run', () => {
    const judged = judgeFindings([], { judges: [], knownDifferences: [KNOWN] });
    expect(judged.vanished).toEqual([]);
  });

  it('stand in docs/judges.md, every one', () => {
    const document = readFileSync(new URL('../docs/judges.md', import.meta.url), 'utf8');
    const rows = KNOWN_DIFFERENCES.map(
      ({ service, judge: name, by, cases, reason, right }) =>
        `| ${service} | ${name} | ${by} | ${cases.length} | ${reason} | ${right} |`,
    );
    const written = document
      .split('\n')
      .filter((line) => /^\| \w+ \| [\w-]+ \| (contract|boto3) \|/.test(line));
    expect(written.toSorted()).toEqual(rows.toSorted());
  });
});

describe('answers compared call by call', () => {
  const call = (operation: string, code: string | null, members: string[] = []) =>
    ({ operation, status: code === null ? 200 : 400, code, members }) satisfies RecordedCall;
  const result = (calls: RecordedCall[], problem: string | null = null): CheckResult => ({
    check: 'deletes',
    problem,
    calls,
    shapes: [],
  });

  it('agree when operations, states and codes do', () => {
    const calls = [call('Delete', null), call('Get', 'NotFound')];
    expect(compareChecks([result(calls)], [result(calls)])).toEqual([]);
  });

  it('agree when one side had to wait longer', () => {
    const ours = [call('Get', null), call('Delete', null)];
    const theirs = [call('Get', null), call('Get', null), call('Delete', null)];
    expect(compareChecks([result(ours)], [result(theirs)])).toEqual([]);
  });

  it('part at the first call with another code', () => {
    const ours = [call('Get', 'NotFound'), call('Put', null)];
    const theirs = [call('Get', 'Gone'), call('Put', 'Never')];
    const [difference] = compareChecks([result(ours)], [result(theirs)]);
    expect(difference?.text).toBe('answers Get 400 Gone, the local cloud Get 400 NotFound');
  });

  it('differ when the check fails on the judge', () => {
    const theirs = [result([], 'got 2 keys\nsecond line')];
    expect(compareChecks([result([])], theirs)).toEqual([{ check: 'deletes', text: 'got 2 keys' }]);
  });

  it('name members that only the judge answers, and nothing inside a missing one', () => {
    const ours = [result([call('Get', null, ['Item', 'Item.Id'])])];
    const theirs = [result([call('Get', null, ['Item', 'Item.Id', 'Item.Size', 'Log', 'Log.Id'])])];
    expect(compareMembers(ours, theirs)).toEqual(['Get: Item.Size, Log']);
  });
});

describe("deviations of PyIceberg's writer", () => {
  const met = [
    'a.avro: expected header key schema-id',
    'a.avro: expected the Avro schema of the specification: names',
    'a.parquet column 7: expected a NaN count',
    'a.parquet column 28: expected a lower bound of the values',
  ];

  it('explain what the validator says of its files', () => {
    expect(unexplained(met)).toEqual([]);
  });

  it('explain nothing else', () => {
    const other = 'a.parquet column 1: expected a lower bound of the values';
    expect(unexplained([...met, other])).toEqual([other]);
  });

  it('are missed when one is gone', () => {
    expect(unexplained(met.slice(1))).toEqual([
      `no longer a deviation of PyIceberg: ${PYICEBERG_DEVIATIONS[0]?.reason}`,
    ]);
  });
});
