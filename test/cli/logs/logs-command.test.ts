import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { parseCommandLine } from '#cli/command.ts';
import { logs } from '#cli/commands/logs.ts';
import { main } from '#cli/main.ts';
import { createOutput } from '#cli/output.ts';
import { temporaryFolder } from '../../embedded/assembly/assembly-fixture.ts';
import { RecordingStreams } from '../recording-streams.ts';

let folder: string;

beforeEach(() => {
  const temporary = temporaryFolder();
  vi.stubEnv('SLUICE_STATE', temporary.path);
  onTestFinished(() => {
    vi.unstubAllEnvs();
    temporary.remove();
  });
  folder = path.join(temporary.path, 'local', 'logs');
});

const WRITER = 'sluice-local-market-lake-writer';

/** Writes a log whose lines came so many minutes ago. */
function writeLog(
  name: string,
  lines: readonly (readonly [minutesAgo: number, text: string])[],
): void {
  mkdirSync(folder, { recursive: true });
  const stamped = lines.map(
    ([minutesAgo, text]) => `${new Date(Date.now() - minutesAgo * 60_000).toISOString()} ${text}\n`,
  );
  writeFileSync(path.join(folder, `${name}.log`), stamped.join(''));
}

async function run(...args: string[]): Promise<{ status: number; stdout: string; stderr: string }> {
  const streams = new RecordingStreams();
  const status = await main(['logs', ...args], streams);
  return { status, stdout: streams.stdoutText, stderr: streams.stderrText };
}

/** Texts behind the times. */
function textsOf(stdout: string): readonly string[] {
  return [...stdout.matchAll(/^\d\d:\d\d:\d\d\.\d{3} {2}(.*)$/gm)].map(([, text = '']) => text);
}

describe('sluice logs', () => {
  it('shows a function by a short name, while the local cloud is down', async () => {
    writeLog(WRITER, [
      [1, 'one'],
      [0, 'two'],
    ]);
    const { status, stdout } = await run('lake-writer');
    expect(status).toBe(0);
    expect(textsOf(stdout)).toEqual(['one', 'two']);
    expect(stdout).toMatch(/^\d{4}-\d\d-\d\d \(UTC\)\n/);
  });

  it('shows the last hundred lines, or as many as wanted', async () => {
    writeLog(
      WRITER,
      Array.from({ length: 150 }, (_, i) => [1, `line ${i}`] as const),
    );
    expect(textsOf((await run('lake-writer')).stdout)).toHaveLength(100);
    expect(textsOf((await run('lake-writer', '--lines', '2')).stdout)).toEqual([
      'line 148',
      'line 149',
    ]);
  });

  it('shows nothing and says nothing when no lines are wanted', async () => {
    writeLog(WRITER, [[1, 'one']]);
    expect(await run('lake-writer', '--lines', '0')).toEqual({
      status: 0,
      stdout: '',
      stderr: '',
    });
  });

  it('shows all lines since a time', async () => {
    writeLog(WRITER, [[30, 'old'], ...Array.from({ length: 120 }, () => [5, 'new'] as const)]);
    expect(textsOf((await run('lake-writer', '--since', '10m')).stdout)).toEqual(
      Array(120).fill('new'),
    );
    expect((await run('lake-writer', '--since', '1m')).stderr).toBe(
      `${WRITER} has printed nothing in the last 1m.\n`,
    );
  });

  it('gives the lines as they are to machines', async () => {
    writeLog(WRITER, [[1, '{"level":"INFO","message":"m"}']]);
    const { stdout } = await run('lake-writer', '--json');
    expect(JSON.parse(stdout)).toEqual({
      function: WRITER,
      lines: [{ time: expect.stringMatching(/Z$/), text: '{"level":"INFO","message":"m"}' }],
    });
  });

  it.each([
    [
      ['lake-writr'],
      /unknown function "lake-writr": expected one of sluice-.*did you mean "lake-writer"/,
    ],
    [
      ['lake-writer', '--since', '10'],
      /--since: expected a duration such as 30s, 10m or 2h, got "10"/,
    ],
    [['lake-writer', '--lines', '-1'], /--lines/],
    [[], /expected 1 argument/],
  ])('refuses %j with status 2', async (args, message) => {
    writeLog(WRITER, [[1, 'one']]);
    const { status, stderr } = await run(...args);
    expect(status).toBe(2);
    expect(stderr).toMatch(message);
  });

  it('says where logs come from when there are none', async () => {
    const { status, stderr } = await run('lake-writer');
    expect(status).toBe(2);
    expect(stderr).toMatch(/there are no logs in .*; the local cloud writes them/);
  });

  it('follows until Ctrl-C', async () => {
    writeLog(WRITER, [[1, 'one']]);
    const abort = new AbortController();
    const streams = new RecordingStreams();
    const followed = logs.run({
      root: '/nowhere',
      output: createOutput(streams, false),
      signal: abort.signal,
      ...parseCommandLine(logs, ['lake-writer', '--follow']),
    });
    await vi.waitUntil(() => streams.stdoutText.includes('one'));
    appendFileSync(path.join(folder, `${WRITER}.log`), '2026-01-31T10:20:30.456Z two\n');
    await vi.waitUntil(() => streams.stdoutText.includes('10:20:30.456  two'));
    abort.abort();
    expect(await followed).toBe(0);
  });
});
