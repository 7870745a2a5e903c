import { describe, expect, it } from 'vitest';
import { createExecutionQueue } from '#embedded/athena/executions/execution-queue.ts';

/** A job that runs until it is released or aborted, and says what became of it. */
function job() {
  let release = (): void => {};
  const state = { value: 'new' };
  const run = (signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      state.value = 'running';
      release = () => {
        state.value = 'done';
        resolve();
      };
      signal.addEventListener('abort', () => {
        state.value = 'aborted';
        resolve();
      });
    });
  return { run, state, release: () => release() };
}

const soon = () => new Promise((resolve) => setImmediate(resolve));

describe('execution queue', () => {
  it('runs a few jobs at a time, in order', async () => {
    const queue = createExecutionQueue(2);
    const jobs = [job(), job(), job()];
    for (const [index, item] of jobs.entries()) queue.add(String(index), item.run);
    expect(jobs.map(({ state }) => state.value)).toEqual(['new', 'new', 'new']);
    await soon();
    expect(jobs.map(({ state }) => state.value)).toEqual(['running', 'running', 'new']);
    jobs[1]?.release();
    await soon();
    expect(jobs.map(({ state }) => state.value)).toEqual(['running', 'done', 'running']);
  });

  it('drops waiting jobs and aborts running ones', async () => {
    const queue = createExecutionQueue(1);
    const jobs = [job(), job()];
    for (const [index, item] of jobs.entries()) queue.add(String(index), item.run);
    await soon();
    expect(queue.cancel('1')).toBe('waiting');
    expect(queue.cancel('0')).toBe('running');
    expect(queue.cancel('7')).toBeNull();
    await soon();
    expect(jobs.map(({ state }) => state.value)).toEqual(['aborted', 'new']);
  });

  it('goes on after a job that rejects', async () => {
    const queue = createExecutionQueue(1);
    const next = job();
    queue.add('a', () => Promise.reject(new Error('disk full')));
    queue.add('b', next.run);
    await soon();
    await soon();
    expect(next.state.value).toBe('running');
  });

  it('aborts everything when it closes', async () => {
    const queue = createExecutionQueue(1);
    const jobs = [job(), job()];
    for (const [index, item] of jobs.entries()) queue.add(String(index), item.run);
    await soon();
    await queue.close();
    expect(jobs.map(({ state }) => state.value)).toEqual(['aborted', 'new']);
  });
});
