import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { expressionChecks } from '#core/config/expression-checks.ts';
import { parseProject } from '#core/config/parse-project.ts';
import type { FileSource } from '#core/config/project.ts';
import { formatIssue } from '#core/config/source/config-issue.ts';

const read = (path: string) => ({
  path,
  text: readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8'),
});
const SHARED = [
  read('config/platform.yaml'),
  read('config/environments/local.yaml'),
  read('config/categories/market.tick.yaml'),
];
const DOMAIN = `domain: shop
owner: data@example.com
streams:
  trade:
    category: market.tick
    key: symbol
    event_time: timestamp
    fields:
      source_system: string
      trade_id: string
      symbol: string
      timestamp: timestamp_micros
      price: double
      size: double
    identity: [source_system, trade_id]
`;

function filesOf(yaml: string): readonly FileSource[] | readonly string[] {
  const files = [...SHARED, { path: 'domains/shop.yaml', text: `${DOMAIN}files:\n${yaml}` }];
  const result = parseProject(files, 'local', expressionChecks);
  if (!result.ok) return result.issues.map(formatIssue);
  return result.project.domains[0]!.files;
}

describe('files of a domain', () => {
  it('have defaults', () => {
    expect(filesOf('  trades: { format: csv, stream: trade }\n')).toMatchObject([
      {
        name: 'trades',
        path: 'trades',
        format: {
          kind: 'csv',
          encoding: 'utf-8',
          header: true,
          delimiter: ',',
          quote: '"',
          skipLines: 0,
          maxLineBytes: 1_000_000,
        },
        times: { timeZone: 'UTC', timestampFormat: null, dateFormat: null },
        nullText: '',
        turnMs: 300_000,
        select: [],
      },
    ]);
  });

  it('say everything that is wrong at once, and what was meant', () => {
    const issues = filesOf(`  trades:
    format: csv
    stream: trad
    time_zone: Europe/Berln
    timestamp_format: YYYY-MM-dd
    delimiter: ","
    quote: ","
  other:
    format: csv
    stream: trade
    path: trades/x
    header: false
    columns: [id, id]
    select: { prise: id, size: "upper(idd)" }
  lines: { format: jsonl, stream: trade, header: true }
`).join('\n');
    expect(issues).toMatch(/files.trades.stream: expected .*did you mean "trade"/);
    expect(issues).toMatch(/time_zone: .*did you mean "Europe\/Berlin"/);
    expect(issues).toMatch(/timestamp_format: .*got "YYYY"/);
    expect(issues).toMatch(/quote: expected another character than the delimiter/);
    expect(issues).toMatch(/files.other.path: .*overlaps "trades"/);
    expect(issues).toMatch(/columns\[1\]: expected every column once/);
    expect(issues).toMatch(/select.prise: .*did you mean "price"/);
    expect(issues).toMatch(/select.size: column \d+: .*idd/);
    expect(issues).toMatch(/files.lines.header: expected header only with format csv/);
  });
});
