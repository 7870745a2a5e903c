import { describe, expect, it } from 'vitest';
import { parseLogLine, readLogEntry } from '#cli/logs/log-line.ts';
import { formatLogLine } from '#cli/logs/print-log-line.ts';

const AT = Date.UTC(2026, 0, 31, 10, 20, 30, 456);

/** Styles as visible words. */
const marked = (text: string, style: string): string => `<${style}>${text}</>`;

function shown(text: string): readonly string[] {
  return formatLogLine({ atMs: AT, text }, marked);
}

const RECORD = {
  level: 'INFO',
  message: 'batch ingested',
  timestamp: '2026-01-31T10:20:30.400Z',
  service: 'sluice-local-market-lake-writer',
  cold_start: true,
  function_arn: 'arn:aws:lambda:us-east-1:000000000000:function:f',
  function_memory_size: '1024',
  function_name: 'f',
  function_request_id: 'r-1',
  sampling_rate: 0,
  xray_trace_id: '1-2',
};

describe('parseLogLine', () => {
  it('takes the time off', () => {
    expect(parseLogLine('2026-01-31T10:20:30.456Z REPORT RequestId: 1')).toEqual({
      atMs: AT,
      text: 'REPORT RequestId: 1',
    });
  });

  it.each(['', 'no time', '2026-01-31T10:20:30.456Z', '{"a":1}'])('keeps "%s" as it is', (line) => {
    expect(parseLogLine(line)).toEqual({ atMs: null, text: line });
  });
});

describe('a line of Powertools', () => {
  it('shows level, message and the fields that are not on every line', () => {
    const line = { ...RECORD, stream: 'trade', received: 100, note: 'two words', list: [1, 2] };
    expect(shown(JSON.stringify(line))).toEqual([
      '<dim>10:20:30.456</>  <green>INFO </> batch ingested  <dim>stream=trade received=100 note="two words" list=[1,2]</>',
    ]);
  });

  it('shows an error with its stack, the folder of the code left out', () => {
    const folder = `file:///tmp/x/asset.${'a1'.repeat(32)}`;
    const stack = `CommitError: lost the race\n    at commit (${folder}/index.mjs:7:9)\n    at async writer`;
    const error = { name: 'CommitError', message: 'lost the race', stack, location: 'x' };
    const line = { ...RECORD, level: 'ERROR', message: 'batch failed', error };
    expect(shown(JSON.stringify(line))).toEqual([
      '<dim>10:20:30.456</>  <red>ERROR</> batch failed',
      '              <red>CommitError</>: lost the race',
      '              <dim>  at commit (index.mjs:7:9)</>',
      '              <dim>  at async writer</>',
    ]);
  });
});

describe('other lines', () => {
  it('are dim when the platform wrote them', () => {
    expect(shown('REPORT RequestId: 1\tDuration: 2 ms\tBilled Duration: 3 ms')).toEqual([
      '<dim>10:20:30.456</>  <dim>REPORT RequestId: 1  Duration: 2 ms  Billed Duration: 3 ms</>',
    ]);
  });

  it('show embedded metrics as names and values', () => {
    const line = {
      _aws: {
        Timestamp: AT,
        CloudWatchMetrics: [{ Metrics: [{ Name: 'Rows' }, { Name: 'Lag' }] }],
      },
      service: 'f',
      Rows: 5,
      Lag: [1, 2],
    };
    expect(shown(JSON.stringify(line))).toEqual([
      '<dim>10:20:30.456</>  <dim>METRIC Rows=5 Lag=[1,2]</>',
    ]);
  });

  it.each([
    'plain words',
    '{"level":"INFO"}',
    '{"level":7,"message":"m"}',
    '{"cut in the midd',
    '[1]',
    'REPORTED by hand',
  ])('are shown as they are: %s', (text) => {
    expect(readLogEntry(text)).toEqual({ kind: 'text', text });
  });

  it.each([
    '{"_aws":{"CloudWatchMetrics":[null,{"Metrics":[null,{}]},7]}}',
    '{"_aws":null,"level":"INFO","message":"m","error":"text"}',
    '{"level":"INFO","message":"m","error":{"stack":7}}',
  ])('never stop the printer: %s', (text) => {
    expect(shown(text)).not.toHaveLength(0);
  });
});
