import { describe, expect, it } from 'vitest';
import { linkTarget } from '#core/poll/link-header.ts';

describe('a Link header', () => {
  it.each([
    ['<https://api.example/t?page=2>; rel="next"', 'https://api.example/t?page=2'],
    ['</t?a=1,2;b>; rel=next', '/t?a=1,2;b'],
    ['<a>; rel="prev", <b>; title="a, \\"b\\"; rel=next"; rel="next"', 'b'],
    ['<a> ;  REL = "first NEXT" ', 'a'],
    ['<a>; rel=first; rel=next, <b>; rel=next', 'b'],
    ["<a>; title*=UTF-8''x; rel=next", 'a'],
    ['<a>, <b>; rel=next', 'b'],
    ['<>; rel=next', ''],
  ])('%s leads to %s', (header, target) => {
    expect(linkTarget(header, 'next')).toBe(target);
  });

  it.each([
    [undefined],
    [''],
    ['<a>; rel=last'],
    ['<a>; title="rel=next"'],
    ['a; rel=next'],
    ['<a; rel=next'],
  ])('%s leads nowhere', (header) => {
    expect(linkTarget(header, 'next')).toBeNull();
  });

  it('of any length is read in a short time', () => {
    const started = performance.now();
    for (const part of ['<a>; rel="', '<', '<a>;a=b', '"\\', '; a="b" ', ' ', ',']) {
      linkTarget(`<x>${part.repeat(4_000)}`, 'next');
    }
    expect(performance.now() - started).toBeLessThan(500);
  });
});
