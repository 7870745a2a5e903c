import { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createBusyClock, timedService } from '../../../bench/function/timed-service.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
});

afterEach(() => {
  vi.useRealTimers();
});

describe('createBusyClock', () => {
  it('counts time in which several requests are underway once', () => {
    const clock = createBusyClock();
    clock.begin();
    vi.advanceTimersByTime(10);
    clock.begin();
    vi.advanceTimersByTime(10);
    clock.end();
    vi.advanceTimersByTime(10);
    clock.end();
    expect(clock.take()).toBe(30);
  });

  it('counts nothing between requests, and begins anew when it is read', () => {
    const clock = createBusyClock();
    for (const pauseMs of [100, 200]) {
      clock.begin();
      vi.advanceTimersByTime(5);
      clock.end();
      vi.advanceTimersByTime(pauseMs);
    }
    expect(clock.take()).toBe(10);
    expect(clock.take()).toBe(0);
  });
});

describe('timedService', () => {
  it('counts from the request to the end of its answer, even if the service fails', async () => {
    const clock = createBusyClock();
    const failing = {
      handle: () => Promise.reject(new Error('out of order')),
      close: async () => {},
    };
    const response = new EventEmitter() as ServerResponse;
    const answer = timedService(failing, clock).handle({} as IncomingMessage, response);
    await expect(answer).rejects.toThrow('out of order');
    vi.advanceTimersByTime(7);
    response.emit('close');
    expect(clock.take()).toBe(7);
  });
});
