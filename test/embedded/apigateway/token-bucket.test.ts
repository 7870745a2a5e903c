import { describe, expect, it } from 'vitest';
import { createTokenBucket } from '#embedded/apigateway/token-bucket.ts';

function setUp(ratePerSecond: number, burst: number) {
  const clock = { nowMs: 0 };
  const bucket = createTokenBucket({ ratePerSecond, burst }, () => clock.nowMs);
  const takeAll = () => {
    let taken = 0;
    while (bucket.take()) taken++;
    return taken;
  };
  return { clock, bucket, takeAll };
}

describe('a token bucket', () => {
  it('lets a burst through at once, and no more', () => {
    expect(setUp(10, 5).takeAll()).toBe(5);
  });

  it('fills at its rate, up to the burst', () => {
    const { clock, takeAll } = setUp(10, 5);
    takeAll();
    clock.nowMs += 250;
    expect(takeAll()).toBe(2);
    clock.nowMs += 50;
    expect(takeAll()).toBe(1);
    clock.nowMs += 3_600_000;
    expect(takeAll()).toBe(5);
  });

  it('takes no harm from a clock that goes back', () => {
    const { clock, bucket, takeAll } = setUp(10, 5);
    takeAll();
    clock.nowMs -= 10_000;
    expect(bucket.take()).toBe(false);
  });

  it('lets nothing through when the burst is zero', () => {
    expect(setUp(10, 0).takeAll()).toBe(0);
  });
});
