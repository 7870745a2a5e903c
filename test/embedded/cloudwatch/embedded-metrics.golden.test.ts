import { describe, expect, it } from 'vitest';
import { readEmbeddedMetrics } from '#embedded/cloudwatch/embedded-metrics.ts';

/** A line of Powertools for AWS Lambda 2.35, as a function printed it. */
const POWERTOOLS_LINE =
  '{"_aws":{"Timestamp":1769854830456,"CloudWatchMetrics":[{"Namespace":"Sluice","Dimensions":[["service","domain"]],"Metrics":[{"Name":"UnbalancedRows","Unit":"Count"},{"Name":"LedgerLagSeconds","Unit":"Seconds"}]}]},"service":"sluice-prod-market-ledger","domain":"market","UnbalancedRows":0,"LedgerLagSeconds":[61,62.5]}';

const AT = { namespace: 'Sluice', atMs: 1769854830456 };
const DIMENSIONS = { service: 'sluice-prod-market-ledger', domain: 'market' };

/** The line with one piece of it replaced. */
function changed(from: string, to: string): string {
  expect(POWERTOOLS_LINE).toContain(from);
  return POWERTOOLS_LINE.replace(from, to);
}

const ONE_METRIC =
  '"Metrics":[{"Name":"UnbalancedRows","Unit":"Count"},{"Name":"LedgerLagSeconds","Unit":"Seconds"}]';

describe('readEmbeddedMetrics', () => {
  it('reads what Powertools prints, each value of a list by itself', () => {
    expect(readEmbeddedMetrics(POWERTOOLS_LINE)).toEqual([
      { ...AT, dimensions: DIMENSIONS, name: 'UnbalancedRows', value: 0 },
      { ...AT, dimensions: DIMENSIONS, name: 'LedgerLagSeconds', value: 61 },
      { ...AT, dimensions: DIMENSIONS, name: 'LedgerLagSeconds', value: 62.5 },
    ]);
  });

  it('reads a metric once per set of dimensions', () => {
    const line = changed('[["service","domain"]]', '[["service"],["service","domain"],[]]');
    const rows = readEmbeddedMetrics(line).filter(({ name }) => name === 'UnbalancedRows');
    expect(rows.map(({ dimensions }) => dimensions)).toEqual([
      { service: 'sluice-prod-market-ledger' },
      DIMENSIONS,
      {},
    ]);
  });

  it('reads every directive', () => {
    const other =
      '{"Namespace":"Other","Dimensions":[["domain"]],"Metrics":[{"Name":"UnbalancedRows"}]}';
    const line = changed(`${ONE_METRIC}}`, `${ONE_METRIC}},${other}`);
    expect(readEmbeddedMetrics(line).at(-1)).toEqual({
      namespace: 'Other',
      atMs: AT.atMs,
      dimensions: { domain: 'market' },
      name: 'UnbalancedRows',
      value: 0,
    });
  });

  it.each<[string, string]>([
    ['words', 'Batch with "CloudWatchMetrics" ingested'],
    ['a structured log line', '{"level":"INFO","message":"batch ingested"}'],
    ['a line cut in the middle', POWERTOOLS_LINE.slice(0, -40)],
    ['text before the document', `INFO ${POWERTOOLS_LINE}`],
    ['text behind the document', `${POWERTOOLS_LINE} ok`],
    ['a list around it', `[${POWERTOOLS_LINE}]`],
    ['a value of text', changed('"UnbalancedRows":0', '"UnbalancedRows":"0"')],
    ['a value of null', changed('"UnbalancedRows":0', '"UnbalancedRows":null')],
    ['no value', changed('"UnbalancedRows":0,', '')],
    ['more than 100 values', changed('[61,62.5]', JSON.stringify(Array(101).fill(1)))],
    ['a dimension that is a number', changed('"domain":"market"', '"domain":7')],
    ['a dimension that is not there', changed('"domain":"market",', '')],
    ['an empty dimension', changed('"domain":"market"', '"domain":""')],
    [
      'a dimension named like a property of every object',
      changed('["service","domain"]', '["constructor"]'),
    ],
    ['no time', changed('"Timestamp":1769854830456,', '')],
    ['a time of text', changed('1769854830456', '"2026-01-31"')],
    ['no namespace', changed('"Namespace":"Sluice"', '"Namespace":""')],
    [
      'more than 100 metrics',
      changed(
        ONE_METRIC,
        `"Metrics":${JSON.stringify(Array(101).fill({ Name: 'UnbalancedRows' }))}`,
      ),
    ],
    [
      'directives that are no list',
      changed('"CloudWatchMetrics":[', '"CloudWatchMetrics":7,"x":['),
    ],
  ])('takes %s for an ordinary line', (_what, line) => {
    expect(readEmbeddedMetrics(line)).toEqual([]);
  });
});
