import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { lockHolder, takeLock } from '#cli/process-lock.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-lock-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A process of its own that takes the lock and waits to be killed. */
async function holdElsewhere(file: string) {
  const module = new URL('../../src/cli/process-lock.ts', import.meta.url).href;
  const script = `
    const { takeLock } = await import(${JSON.stringify(module)});
    const release = takeLock(${JSON.stringify(file)});
    process.stdout.write(release === null ? 'refused' : 'taken');
    setInterval(() => release?.name, 1000);`;
  const args = ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', script];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  onTestFinished(kill);
  const [answer] = (await once(child.stdout, 'data')) as [Buffer];
  return { pid: child.pid, answer: answer.toString(), kill };
}

describe('takeLock', () => {
  it('is refused while another process holds the lock, whose pid can be asked for', async () => {
    const file = path.join(folder, 'held');
    const other = await holdElsewhere(file);
    expect(other.answer).toBe('taken');
    expect(takeLock(file)).toBeNull();
    expect(lockHolder(file)).toEqual({ pid: other.pid });
  });

  it('is granted once the holder was killed', async () => {
    const file = path.join(folder, 'killed');
    const other = await holdElsewhere(file);
    await other.kill();
    expect(lockHolder(file)).toBeNull();
    const release = takeLock(file);
    expect(release).not.toBeNull();
    expect((await holdElsewhere(file)).answer).toBe('refused');
    release?.();
  });

  it('is granted although a killed holder had the pid that a living process has now', () => {
    const file = path.join(folder, 'reused');
    writeFileSync(`${file}.pid`, String(process.ppid));
    expect(lockHolder(file)).toBeNull();
    const release = takeLock(file);
    expect(release).not.toBeNull();
    release?.();
  });

  it('goes to one of many that ask at the same moment', async () => {
    const file = path.join(folder, 'raced');
    const answers = await Promise.all(Array.from({ length: 6 }, () => holdElsewhere(file)));
    expect(answers.filter(({ answer }) => answer === 'taken').length).toBe(1);
  });

  it('is free again after its release, which may come twice', () => {
    const file = path.join(folder, 'released');
    const release = takeLock(file);
    release?.();
    release?.();
    expect(lockHolder(file)).toBeNull();
    takeLock(file)?.();
  });
});
