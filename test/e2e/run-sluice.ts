import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface Finished {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command line tool in processes of its own, on a state folder of its own. */
export class SluiceProcesses {
  readonly stateDir = mkdtempSync(path.join(os.tmpdir(), 'sluice-e2e-'));
  readonly #running = new Set<ChildProcess>();
  readonly #root: string;

  /** `root` is the project to work in: this repository, or a copy of it. */
  constructor(root = ROOT) {
    this.#root = root;
  }

  /** Starts a command as the leader of a process group, so that it can be killed with all its children. */
  start(...args: string[]): { readonly child: ChildProcess; readonly finished: Promise<Finished> } {
    const child = spawn(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', 'bin/sluice.ts', ...args],
      {
        cwd: this.#root,
        env: { PATH: process.env['PATH'], HOME: process.env['HOME'], SLUICE_STATE: this.stateDir },
        stdio: ['ignore', 'pipe', 'pipe'],
        detached: true,
      },
    );
    this.#running.add(child);
    const text = { stdout: '', stderr: '' };
    child.stdout.on('data', (chunk: Buffer) => {
      text.stdout += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      text.stderr += chunk.toString();
    });
    const finished = new Promise<Finished>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (status, signal) => {
        this.#running.delete(child);
        resolve({ status, signal, ...text });
      });
    });
    return { child, finished };
  }

  /** Runs a command to its end. */
  async run(...args: string[]): Promise<Finished> {
    return await this.start(...args).finished;
  }

  /** Runs a command with --json and parses the last line of stdout; a failure shows what it printed. */
  async json(...args: string[]): Promise<Record<string, unknown>> {
    const { status, stdout, stderr } = await this.run(...args, '--json');
    const last = stdout.trimEnd().split('\n').at(-1) ?? '';
    if (status !== 0 || last === '')
      throw new Error(`sluice ${args.join(' ')} ended with ${status}\n${stdout}\n${stderr}`);
    return JSON.parse(last) as Record<string, unknown>;
  }

  /** What the strict validator finds wrong with the tables of this state; throws when there is no table. */
  async tableProblems(): Promise<readonly unknown[]> {
    const { stdout, stderr } = await this.run('tables', 'check', '--json');
    const last = stdout.trimEnd().split('\n').at(-1) ?? '';
    const { tables = [] } = JSON.parse(last || '{}') as { tables?: { problems: unknown[] }[] };
    if (tables.length === 0) throw new Error(`sluice tables check found no table\n${stderr}`);
    return tables.flatMap(({ problems }) => problems);
  }

  /** SIGKILL to a command and everything it started. */
  killTree(child: ChildProcess): void {
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null)
      process.kill(-child.pid, 'SIGKILL');
  }

  cleanUp(): void {
    for (const child of this.#running) this.killTree(child);
    rmSync(this.stateDir, { recursive: true, force: true, maxRetries: 5 });
  }
}
