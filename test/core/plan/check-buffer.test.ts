import { describe, expect, it } from 'vitest';
import type { Domain } from '#core/config/project.ts';
import { checkBuffer } from '#core/plan/check-buffer.ts';
import { MARKET, projectOf } from '../config/project-fixture.ts';

const DEDUPE_OFF = 'dedupe: { horizon: 0 }';

/** The market domain whose stream has this rate, with further lines of the file. */
function domainOf(rate: string, ...lines: readonly string[]): Domain {
  const stream = `key: symbol\n    ${DEDUPE_OFF}\n    rate: ${rate}`;
  const text = `${MARKET.replace('key: symbol', stream)}${lines.join('\n')}\n`;
  const [domain] = projectOf({ 'domains/market.yaml': text }).domains;
  if (domain === undefined) throw new Error('no domain');
  return domain;
}

/** The market domain with a second stream like the first. */
function twoStreams(topics: string): Domain {
  const domain = domainOf('{ expected: 3000/s, bytes: 150 }', `topics: ${topics}`);
  const [stream] = domain.streams;
  if (stream === undefined) throw new Error('no stream');
  return { ...domain, streams: [stream, { ...stream, name: 'quote' }] };
}

const shardsOf = (domain: Domain) => checkBuffer('dev', domain)[0];
const readersOf = (domain: Domain) => checkBuffer('dev', domain)[1];

describe('shards', () => {
  it('take 1 MB a second: events with their header and their place in an aggregated record', () => {
    // 150 B and 50 B around them, 5000 times a second.
    expect(shardsOf(domainOf('{ expected: 5000/s, bytes: 150 }'))).toMatchObject({
      subject: 'shards of dev-market',
      state: 'note',
    });
    expect(shardsOf(domainOf('{ expected: 5001/s, bytes: 150 }'))).toMatchObject({
      state: 'broken',
      advice:
        'raise stream.shards to 2, or lower rate.peak: what is beyond is refused and sent again',
    });
  });

  it('have to do for the peak, not for an ordinary day', () => {
    const domain = domainOf('{ expected: 2000/s, bytes: 150, peak: 3x }');
    expect(shardsOf(domain)).toEqual({
      domain: 'market',
      subject: 'shards of dev-market',
      state: 'broken',
      figures:
        '1 for 2,000/s (400 kB/s), peak 6,000/s (1.2 MB/s); needed: 1, at peak 2, without aggregation 6',
      advice:
        'raise stream.shards to 2, or lower rate.peak: what is beyond is refused and sent again',
    });
  });

  it('are those of the domain, which may have more than the environment', () => {
    const domain = domainOf('{ expected: 2000/s, bytes: 150, peak: 3x }', 'stream: { shards: 6 }');
    expect(shardsOf(domain)).toMatchObject({ state: 'ok', advice: null });
  });

  it('take a thousand records a second of producers that do not aggregate', () => {
    expect(shardsOf(domainOf('{ expected: 1000/s, bytes: 50 }'))?.state).toBe('ok');
    expect(shardsOf(domainOf('{ expected: 1001/s, bytes: 50 }'))).toMatchObject({
      state: 'note',
      advice: 'producers that do not aggregate need 2 shards at peak',
    });
  });

  it('carry all streams of a domain together, or those of a topic', () => {
    expect(checkBuffer('dev', twoStreams('domain')).map(({ state }) => state)).toEqual([
      'broken',
      'broken',
    ]);
    const apart = checkBuffer('dev', twoStreams('stream'));
    expect(apart.map(({ subject, state }) => [subject, state])).toEqual([
      ['shards of dev-market-trade', 'note'],
      ['readers of dev-market-trade', 'ok'],
      ['shards of dev-market-quote', 'note'],
      ['readers of dev-market-quote', 'ok'],
    ]);
  });
});

describe('readers', () => {
  it('share 2 MB a second of each shard', () => {
    expect(readersOf(domainOf('{ expected: 5000/s, bytes: 150 }'))).toEqual({
      domain: 'market',
      subject: 'readers of dev-market',
      state: 'ok',
      figures: '2 of 3 (lake-writer, ledger) share 5 reads/s per shard; at peak 2 MB/s of 2 MB/s',
      advice: null,
    });
    expect(readersOf(domainOf('{ expected: 5000/s, bytes: 151 }'))?.state).toBe('broken');
  });
});
