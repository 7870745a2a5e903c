import { describe, expect, it } from 'vitest';
import { issuesOf, LOCAL, market, PLATFORM, projectOf, tradeOf } from '../project-fixture.ts';

const KEY = 'key: symbol';

function horizonOf(line: string): number {
  return tradeOf(KEY, `${KEY}\n    ${line}`).dedupe.horizonMs;
}

/** The market domain with a second stream, each with these lines. */
function twoStreams(...lines: readonly string[]): Readonly<Record<string, string>> {
  const [file, text] = Object.entries(market(KEY, [KEY, ...lines].join('\n    ')))[0]!;
  const trade = text.slice(text.indexOf('  trade:'));
  return { [file]: `${text}${trade.replace('  trade:', '  quote:')}` };
}

describe('dedupe', () => {
  it('has a horizon of an hour where nothing is said', () => {
    expect(tradeOf().dedupe).toEqual({ horizonMs: 3_600_000 });
  });

  it.each([
    ['dedupe: { horizon: 90s }', 90_000],
    ['dedupe: { horizon: 24h }', 86_400_000],
    ['dedupe: { horizon: 0 }', 0],
    ['dedupe: { horizon: 0s }', 0],
  ])('takes %s', (line, horizonMs) => {
    expect(horizonOf(line)).toBe(horizonMs);
  });

  it('takes the horizon of the stream over that of the environment over that of the platform', () => {
    const platform = PLATFORM.replace('  partition:', '  dedupe: { horizon: 10m }\n  partition:');
    const files = { 'config/platform.yaml': platform };
    const environment = `${LOCAL}defaults: { dedupe: { horizon: 20m } }\n`;
    const horizonIn = (changes: Readonly<Record<string, string>>) =>
      projectOf(changes).domains[0]?.streams[0]?.dedupe.horizonMs;
    expect(horizonIn(files)).toBe(600_000);
    const both = { ...files, 'config/environments/local.yaml': environment };
    expect(horizonIn(both)).toBe(1_200_000);
    const stream = market(KEY, `${KEY}\n    dedupe: { horizon: 30m }`);
    expect(horizonIn({ ...both, ...stream })).toBe(1_800_000);
  });
});

describe('the memory of all horizons of a domain', () => {
  // 1769 MB / 4 / 150 B = 2,948,333 identities, 818 a second for an hour.
  it.each([
    ['818/s', false],
    ['819/s', true],
  ])('holds one stream of %s or not', (rate, isRefused) => {
    const issues = issuesOf(market(KEY, `${KEY}\n    rate: { expected: ${rate} }`));
    expect(issues.includes("a quarter of the writer's memory")).toBe(isRefused);
  });

  it('is that of its streams together', () => {
    expect(issuesOf(twoStreams('rate: { expected: 409/s }'))).toBe('');
    expect(issuesOf(twoStreams('rate: { expected: 410/s }'))).toContain(
      'got trade 410/s x 3600s x 150B + quote 410/s x 3600s x 150B = 443MB',
    );
  });

  it('is nothing for streams that turn it off', () => {
    expect(issuesOf(twoStreams('rate: { expected: 20000/s }', 'dedupe: { horizon: 0 }'))).toBe('');
  });

  it('is that of the environment in use', () => {
    const changes = {
      ...market(KEY, `${KEY}\n    rate: { expected: 500/s }`),
      'config/environments/prod.yaml': 'writer: { memory: 512MB }\n',
    };
    expect(issuesOf(changes)).toBe('');
    expect(issuesOf(changes, { environment: 'prod' })).toContain('(512MB / 4 = 128MB)');
  });
});
