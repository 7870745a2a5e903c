import { describe, expect, it } from 'vitest';
import type { Domain } from '#core/config/project.ts';
import {
  bufferStreamOf,
  bufferStreamsOf,
  kinesisStreamName,
  topicsOf,
} from '#core/config/topic.ts';

function domainOf(topics: Domain['topics']): Domain {
  const streams = [
    { name: 'trade', category: 'market.tick' },
    { name: 'rate', category: 'economic.numeric' },
    { name: 'quote', category: 'market.tick' },
  ];
  return { name: 'web_shop', topics, streams } as unknown as Domain;
}

describe('topics', () => {
  it.each([
    ['domain', [{ name: null, streams: ['trade', 'rate', 'quote'] }]],
    [
      'category',
      [
        { name: 'market.tick', streams: ['trade', 'quote'] },
        { name: 'economic.numeric', streams: ['rate'] },
      ],
    ],
    [
      'stream',
      [
        { name: 'trade', streams: ['trade'] },
        { name: 'rate', streams: ['rate'] },
        { name: 'quote', streams: ['quote'] },
      ],
    ],
  ] as const)('are those of a domain that shares by %s', (topics, expected) => {
    expect(topicsOf(domainOf(topics))).toEqual(expected);
  });

  it('name their Kinesis stream, the domain as it is written', () => {
    expect(kinesisStreamName('prod', 'web_shop', { name: null })).toBe('prod-web_shop');
    expect(bufferStreamsOf('prod', domainOf('category'))).toEqual([
      'prod-web_shop-market.tick',
      'prod-web_shop-economic.numeric',
    ]);
    expect(bufferStreamOf('prod', domainOf('stream'), 'quote')).toBe('prod-web_shop-quote');
  });

  it('have every stream of the domain and no other', () => {
    expect(() => bufferStreamOf('prod', domainOf('domain'), 'bond')).toThrow(RangeError);
  });
});
