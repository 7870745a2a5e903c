import { describe, expect, it } from 'vitest';
import { type PlanRequest, planProject } from '#app/plan-project.ts';
import { createOutput } from '#cli/output.ts';
import { printPlan } from '#cli/plan/print-plan.ts';
import { readTemplate } from '#core/plan/template-resources.ts';
import { MARKET, parse } from '../../core/config/project-fixture.ts';
import { RecordingStreams } from '../recording-streams.ts';

const PROCESSING = readTemplate('sluice-local-market-processing', {
  Resources: {
    a: {
      Type: 'AWS::Lambda::Function',
      Properties: {
        FunctionName: 'sluice-local-market-lake-writer',
        MemorySize: 1769,
        Timeout: 120,
      },
    },
    b: { Type: 'AWS::Logs::LogGroup' },
    c: { Type: 'AWS::Logs::LogGroup' },
  },
});

/** The screen of the market domain with these lines at its stream. */
function screenOf(
  lines: readonly string[],
  options: { readonly all?: boolean } & Partial<PlanRequest> = {},
): string {
  const { all = false, ...request } = options;
  const text = MARKET.replace('key: symbol', ['key: symbol', ...lines].join('\n    '));
  const reading = parse({ 'domains/market.yaml': text });
  if (!reading.ok) throw new Error(JSON.stringify(reading.issues));
  const streams = new RecordingStreams();
  const plan = planProject({
    project: reading.project,
    origins: reading.origins,
    schemas: { writes: [], unchanged: [], refused: [], changes: [] },
    synthesis: { kind: 'done', templates: [PROCESSING] },
    domain: null,
    ...request,
  });
  printPlan(createOutput(streams, false), plan, { all });
  return streams.stdoutText;
}

/** The part of a screen from a heading to the next empty line. */
function partOf(screen: string, heading: string): string {
  const part = screen.split('\n\n').find((text) => text.startsWith(heading));
  return part ?? '';
}

describe('sluice plan', () => {
  const screen = screenOf([
    'rate: { expected: 2000/s, bytes: 150, peak: 3x }',
    'dedupe: { horizon: 10m }',
  ]);

  it('shows what a person cares for, each value with its place', () => {
    expect(partOf(screen, 'Domain market, stream trade')).toMatch(
      /^Domain market, stream trade\n {2}category +market\.tick +domains\/market\.yaml:5:15\n {2}key +symbol +domains\/market\.yaml:6:10\n/,
    );
    expect(screen).toMatch(/\n {2}rate\.peak +3x +domains\/market\.yaml:7:49\n/);
    expect(screen).toMatch(/\n {2}retention\.bronze +7y +default\n/);
    expect(screen).not.toContain('fields.price');
  });

  it('says how much it leaves out, and shows it when asked to', () => {
    expect(partOf(screen, 'Domain market, stream trade')).toMatch(/and \d+ more values \(--all\)/);
    const all = screenOf([], { all: true });
    expect(all).toMatch(/\n {2}fields\.price +double +domains\/market\.yaml:\d+:14\n/);
    expect(all).not.toContain('(--all)');
  });

  it('shows resources by stack, and what runs there', () => {
    expect(partOf(screen, 'Resources')).toBe(
      [
        'Resources',
        '  sluice-local-market-processing    3  1 Lambda::Function, 2 Logs::LogGroup',
        '    function  sluice-local-market-lake-writer  1769 MB, at most 120 s',
      ].join('\n'),
    );
    expect(partOf(screenOf([], { synthesis: { kind: 'outdated' } }), 'Resources')).toBe(
      'Resources\n  not known until the schemas are up to date: run "sluice generate"',
    );
  });

  it('shows limits with figures, advice where something is to be done, and the verdict', () => {
    expect(partOf(screen, 'Limits of domain market')).toBe(
      [
        'Limits of domain market',
        '  BROKEN  shards of local-market   1 for 2,000/s (400 kB/s), peak 6,000/s (1.2 MB/s); needed: 1, at',
        '                                   peak 2, without aggregation 6',
        '                                   => raise stream.shards to 2, or lower rate.peak: what is beyond',
        '                                   is refused and sent again',
        '  BROKEN  readers of local-market  2 of 3 (lake-writer, ledger) share 5 reads/s per shard; at peak',
        '                                   2.4 MB/s of 2 MB/s',
        '                                   => raise stream.shards, or lower rate.peak: readers would fall',
        '                                   behind',
        '  ok      dedupe memory            1,200,000 identities of 150 B = 180 MB of 442 MB (a quarter of',
        '                                   writer.memory)',
        '  ok      batch of one shard       400 kB in 1s at the expected rate, of 6 MB; at most 10,000',
        '                                   records',
        '  note    files of trade           3,600 an hour with 2,000 rows each: 1 shard, a batch every 1s',
        '                                   => a longer writer.batching_window makes fewer, larger files',
        '  ok      commits of each table    at most 120 an hour, each of what all shards staged in 30s',
      ].join('\n'),
    );
    expect(screen.endsWith('\nNot ready: 2 limits broken.\n')).toBe(true);
    expect(screenOf([]).endsWith('\nFits: environment local, market.\n')).toBe(true);
  });

  it('tells why templates cannot be made', () => {
    const problem = 'synthesis of environment local failed:\nCONFIG_INVALID: a name is too long';
    const failed = screenOf([], { synthesis: { kind: 'failed', problem } });
    expect(partOf(failed, 'Resources')).toBe(
      [
        'Resources',
        '  BROKEN  synthesis of environment local failed:',
        '          CONFIG_INVALID: a name is too long',
      ].join('\n'),
    );
    expect(failed.endsWith('\nNot ready: templates cannot be made.\n')).toBe(true);
  });

  it('shows how the next version of a schema differs from the one before', () => {
    const added = { kind: 'added', path: 'venue', before: null, after: 'string' } as const;
    const changes = [{ domain: 'market', stream: 'trade', version: 2, differences: [added] }];
    const schemas = { writes: [], unchanged: [], refused: [], changes };
    expect(partOf(screenOf([], { schemas }), 'Schemas')).toMatch(
      /^Schemas\n {2}market\.trade gets version 2\n {4}\+ venue {2}added: string\n/,
    );
  });

  it('names files that generate would write, and changes it refuses', () => {
    const change = { file: 'domains/market.yaml', path: 'streams.trade', message: 'no' };
    const writes = [{ path: 'schemas/registry.json', text: '' }];
    expect(
      screenOf([], { schemas: { writes, unchanged: [], refused: [], changes: [] } }),
    ).toContain('Schemas\n  legal    schemas/registry.json, by "sluice generate"\n');
    const refused = screenOf([], {
      schemas: { writes: [], unchanged: [], refused: [change], changes: [] },
    });
    expect(refused).toContain('  REFUSED  domains/market.yaml streams.trade: no\n');
    expect(refused.endsWith('Not ready: 1 schema change refused.\n')).toBe(true);
  });

  it('escapes what would move the cursor or turn the text around', () => {
    const screen = screenOf(['description: "\\e[2J\\u202e\\n"'], { all: true });
    expect(screen).toContain('\\u{1b}[2J\\u{202e}\\n');
    expect(screen).not.toContain('\u001b');
  });

  it('stays within a hundred columns and without colours, whatever stands in the files', () => {
    const long = `description: ${'word '.repeat(60)}`;
    const wide = screenOf([long], { all: true });
    expect(Math.max(...wide.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
    expect(wide).not.toContain('\u001b');
  });
});
