import { type ChildProcess, spawnSync } from 'node:child_process';
import { readFileSync, watch } from 'node:fs';
import path from 'node:path';
import type { SluiceProcesses } from '#test/e2e/run-sluice.ts';
import { checkLake } from './check-lake.ts';
import {
  KILL_TARGETS,
  type KillMoment,
  type KillTarget,
  type PlannedKill,
  planKill,
} from './kill-plan.ts';

export interface TargetTally {
  readonly rounds: number;
  /** Processes that were alive when the signal hit them. */
  readonly killed: number;
}

export interface KillReport {
  readonly targets: Readonly<Record<KillTarget, TargetTally>>;
  /** Runs of the demo that were begun, and what the tables hold of them. */
  readonly runs: number;
  readonly rows: number;
  readonly problems: readonly string[];
}

/** One round, as soon as it is over. */
export interface RoundReport {
  readonly kill: PlannedKill;
  readonly killed: number;
  readonly problems: readonly string[];
}

/** Longest that a demo may go on after its local cloud is gone. */
const ORPHAN_LIMIT_MS = 30_000;

/**
 * Kills until `kills` of them have hit, on one state that lives through all rounds. After every kill the next demo must go on
 * without help and close its books, and the tables on disk must hold exactly what the generator says was
 * sent: every event once, except the doubles it planted.
 */
export async function runKillRounds(
  sluice: SluiceProcesses,
  options: { readonly seed: string; readonly kills: number },
  onRound: (told: RoundReport) => void = () => {},
): Promise<KillReport> {
  const runs = new Map<number, number>();
  const problems: string[] = [];
  const targets = Object.fromEntries(
    KILL_TARGETS.map((target) => [target, { rounds: 0, killed: 0 }]),
  ) as Record<KillTarget, { rounds: number; killed: number }>;
  let rows = 0;
  await sluice.json('tables');
  for (let round = 0, hits = 0; hits < options.kills; round++) {
    const kill = planKill(options.seed, round);
    const before = problems.length;
    const problem = (text: string): void => {
      problems.push(`round ${kill.round}, ${kill.target} ${describeMoment(kill.moment)}: ${text}`);
    };
    const killed = await strike(sluice, kill, problem);
    targets[kill.target].rounds++;
    targets[kill.target].killed += killed;
    if (killed > 0) hits++;
    noteRun(sluice, runs);
    await recover(sluice, kill, problem);
    noteRun(sluice, runs);
    rows = await checkLake(sluice.stateDir, runs, problem);
    onRound({ kill, killed, problems: problems.slice(before) });
  }
  return { targets, runs: runs.size, rows, problems };
}

export function describeMoment(moment: KillMoment): string {
  return moment.kind === 'delay'
    ? `after ${moment.ms} ms`
    : `at change ${moment.nth} of ${moment.service}`;
}

type Problem = (text: string) => void;

async function strike(
  sluice: SluiceProcesses,
  kill: PlannedKill,
  problem: Problem,
): Promise<number> {
  if (kill.target === 'tree') return await strikeTree(sluice, kill);
  const cloud = await startCloud(sluice);
  try {
    const demo = startDemo(sluice, kill.events);
    const ended = demo.finished.then((result) => ({ ...result, atMs: Date.now() }));
    await momentOf(sluice, kill.moment, { child: demo.child, ended });
    const functions = await functionPids(cloud);
    const struckMs = Date.now();
    const killed = hit(kill.target, { cloud, demo: demo.child, functions });
    const { status, stdout, stderr, atMs } = await ended;
    if (kill.target === 'function' && status !== 0)
      problem(`the demo ended with ${status}: ${stdout} ${stderr}`);
    if (kill.target === 'cloud') {
      if (atMs - struckMs > ORPHAN_LIMIT_MS)
        problem(`the demo went on for ${atMs - struckMs} ms without its local cloud`);
      const orphans = await outliving(functions);
      if (orphans.length > 0) problem(`functions outlived their local cloud: ${orphans}`);
    }
    return killed;
  } finally {
    await cloud.stop();
  }
}

async function strikeTree(sluice: SluiceProcesses, kill: PlannedKill): Promise<number> {
  const { child, finished } = startDemo(sluice, kill.events);
  await momentOf(sluice, kill.moment, { child, ended: finished });
  const killed = isAlive(child) ? 1 : 0;
  sluice.killTree(child);
  await finished;
  return killed;
}

export interface RunningCloud {
  readonly child: ChildProcess;
  readonly endpoint: string;
  stop(): Promise<void>;
}

export async function startCloud(sluice: SluiceProcesses): Promise<RunningCloud> {
  const { child, finished } = sluice.start('dev', '--port', '0', '--json');
  let told = '';
  const endpoint = await new Promise<string>((resolve, reject) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      told += chunk.toString();
      const found = /"endpoint":"([^"]+)"/.exec(told)?.[1];
      if (found !== undefined) resolve(found);
    });
    child.once('exit', () => reject(new Error(`sluice dev ended early: ${told}`)));
  });
  const stop = async (): Promise<void> => {
    if (isAlive(child)) child.kill('SIGTERM');
    await finished;
  };
  return { child, endpoint, stop };
}

export async function functionPids(cloud: RunningCloud): Promise<readonly number[]> {
  const response = await fetch(`${cloud.endpoint}/_sluice/health`);
  const { children } = (await response.json()) as { children: readonly number[] };
  return children;
}

/** Returns how many processes it killed. */
function hit(
  target: KillTarget,
  processes: {
    readonly cloud: RunningCloud;
    readonly demo: ChildProcess;
    readonly functions: readonly number[];
  },
): number {
  if (target === 'cloud') return killOne(processes.cloud.child.pid);
  if (target === 'producer') return isAlive(processes.demo) ? killOne(processes.demo.pid) : 0;
  return processes.functions.reduce((sum, pid) => sum + killOne(pid), 0);
}

/** Those that still run when the guard has had time to end them. */
async function outliving(pids: readonly number[]): Promise<readonly number[]> {
  const deadlineMs = Date.now() + 5_000;
  for (;;) {
    const running = pids.filter(isRunning);
    if (running.length === 0 || Date.now() > deadlineMs) return running;
    await sleep(50);
  }
}

/** A killed process stays listed, as Z, until init has collected it. */
function isRunning(pid: number): boolean {
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' });
  return stdout.trim() !== '' && !stdout.trim().startsWith('Z');
}

/** Only a process of the round itself is ever given here. */
export function killOne(pid: number | undefined): number {
  if (pid === undefined) return 0;
  try {
    process.kill(pid, 'SIGKILL');
    return 1;
  } catch {
    return 0;
  }
}

function startDemo(sluice: SluiceProcesses, events: number) {
  return sluice.start('demo', '--events', String(events), '--port', '0', '--json');
}

function isAlive(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}

/** Resolves at the planned moment, counted from when the demo begins its run, or when the demo has ended. */
async function momentOf(
  sluice: SluiceProcesses,
  moment: KillMoment,
  demo: { readonly child: ChildProcess; readonly ended: Promise<unknown> },
): Promise<void> {
  const reached = begun(demo.child).then(() =>
    moment.kind === 'delay' ? sleep(moment.ms) : changeOf(sluice, moment),
  );
  await Promise.race([reached, demo.ended]);
}

function begun(child: ChildProcess): Promise<void> {
  let told = '';
  return new Promise((resolve) => {
    child.stderr?.on('data', (chunk: Buffer) => {
      told += chunk.toString();
      if (told.includes('Run ')) resolve();
    });
  });
}

function changeOf(
  sluice: SluiceProcesses,
  moment: Extract<KillMoment, { kind: 'change' }>,
): Promise<void> {
  const folder = path.join(sluice.stateDir, 'local', 'services', moment.service);
  return new Promise((resolve) => {
    let changes = 0;
    const watcher = watch(folder, { recursive: true, persistent: false }, () => {
      if (++changes < moment.nth) return;
      watcher.close();
      resolve();
    });
  });
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** The run that the state names; a run that ended before the kill is noted here and nowhere else. */
function noteRun(sluice: SluiceProcesses, runs: Map<number, number>): void {
  try {
    const text = readFileSync(path.join(sluice.stateDir, 'local', 'demo.json'), 'utf8');
    const { run } = JSON.parse(text) as { run: { number: number; events: number } };
    runs.set(run.number, run.events);
  } catch {
    // Killed before the first run began.
  }
}

/** The next demo: it finishes what was cut off, without help, and its books balance. */
async function recover(
  sluice: SluiceProcesses,
  kill: PlannedKill,
  problem: Problem,
): Promise<void> {
  const { status, stdout, stderr } = await startDemo(sluice, Math.ceil(kill.events / 4)).finished;
  if (status !== 0) problem(`the next demo ended with ${status}: ${stdout} ${stderr}`);
}
