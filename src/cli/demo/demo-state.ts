import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import type { ReadCheckpoint } from '#app/read-user-records.ts';
import { readJsonFile } from '../state-folder.ts';

const runState = z.object({
  number: z.int().min(1),
  events: z.int().min(0),
  /** Event times of the generated trades lie between these. */
  startMs: z.int(),
  endMs: z.int(),
  /** Last sequence number per shard when the run began: its events all come after. */
  from: z.record(z.string(), z.string()),
  /** Events that were in the tables when the run began. */
  takenInBefore: z.int().min(0),
  finished: z.boolean(),
});
export type DemoRun = z.infer<typeof runState>;

const demoState = z.object({
  /** The run under way, or the last one that finished. */
  run: runState,
});
export type DemoState = Readonly<z.infer<typeof demoState>>;

/** Null when no run has begun, and when the file is lost or cut off. */
export function readDemoState(file: string): DemoState | null {
  return demoState.safeParse(readJsonFile(file)).data ?? null;
}

/** Replaces the file in one step: a kill leaves the old state or the new one. */
export function writeDemoState(file: string, state: DemoState): void {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(`${file}.next`, JSON.stringify(state));
  renameSync(`${file}.next`, file);
}

/** Generated trades of a first run cover this much time. */
const FIRST_RUN_MS = 10 * 60_000;

/**
 * An unfinished run goes on with its own number, size and times; otherwise the next one begins, where
 * the last one's event times ended, so that its trades are not late. Without a state the table tells the
 * last number: ids of a run that is in the table must not come again.
 */
export function nextRun(
  state: DemoState | null,
  options: {
    readonly events: number;
    readonly nowMs: number;
    readonly lastNumberInTable: number;
    readonly from: ReadCheckpoint;
    readonly takenInBefore: number;
  },
): { readonly run: DemoRun; readonly resumed: boolean } {
  if (state !== null && !state.run.finished) return { run: state.run, resumed: true };
  const run: DemoRun = {
    number: Math.max(state?.run.number ?? 0, options.lastNumberInTable) + 1,
    events: options.events,
    startMs: state?.run.endMs ?? options.nowMs - FIRST_RUN_MS,
    endMs: options.nowMs,
    from: { ...options.from },
    takenInBefore: options.takenInBefore,
    finished: false,
  };
  return { run, resumed: false };
}
