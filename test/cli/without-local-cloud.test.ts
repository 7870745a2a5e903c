import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { main } from '#cli/main.ts';
import { temporaryFolder } from '../embedded/assembly/assembly-fixture.ts';
import { RecordingStreams } from './recording-streams.ts';

let folder: string;

beforeEach(() => {
  const temporary = temporaryFolder();
  folder = temporary.path;
  vi.stubEnv('SLUICE_STATE', folder);
  onTestFinished(() => {
    vi.unstubAllEnvs();
    temporary.remove();
  });
});

async function run(...args: string[]): Promise<{ status: number; stdout: string; stderr: string }> {
  const streams = new RecordingStreams();
  const status = await main(args, streams);
  return { status, stdout: streams.stdoutText, stderr: streams.stderrText };
}

describe('while no local cloud is up', () => {
  it('status says so and how to start one, with status 1', async () => {
    expect(await run('status')).toEqual({
      status: 1,
      stdout: 'Local cloud down; it has no state yet.\nStart it: npm run dev\n',
      stderr: '',
    });
  });

  it('status says that state is there', async () => {
    mkdirSync(path.join(folder, 'local', 'services'), { recursive: true });
    expect(await run('status')).toEqual({
      status: 1,
      stdout: 'Local cloud down; its state is kept.\nStart it: npm run dev\n',
      stderr: '',
    });
  });

  it('status tells machines too', async () => {
    const { status, stdout } = await run('status', '--json');
    expect({ status, answer: JSON.parse(stdout) }).toEqual({
      status: 1,
      answer: { ok: false, cloud: { up: false } },
    });
  });

  it('invoke says so', async () => {
    const { status, stderr } = await run('invoke', 'lake-writer');
    expect(status).toBe(1);
    expect(stderr).toMatch(/the local cloud is not up; start it in another terminal: npm run dev/);
  });
});

describe('the event of invoke', () => {
  it('is refused with file, line and column when it is not JSON', async () => {
    const file = path.join(folder, 'event.json');
    writeFileSync(file, '{\n  "Records": [1, 2,]\n}\n');
    const { status, stderr } = await run('invoke', 'lake-writer', '--event', file);
    expect(status).toBe(2);
    expect(stderr).toBe(`USAGE: ${file}:2:20: not JSON: expected a value, got "]"\n`);
  });

  it('is refused when its file does not exist', async () => {
    const { status, stderr } = await run('invoke', 'lake-writer', '--event', 'gone.json');
    expect(status).toBe(2);
    expect(stderr).toMatch(/there is no file gone\.json; expected one with JSON, or -/);
  });
});
