import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type DemoRun,
  type DemoState,
  nextRun,
  readDemoState,
  writeDemoState,
} from '#cli/demo/demo-state.ts';

const RUN: DemoRun = {
  number: 3,
  events: 1000,
  startMs: 1_000,
  endMs: 2_000,
  from: { 'shardId-000000000000': '7' },
  takenInBefore: 11,
  finished: true,
};
const STATE: DemoState = { run: RUN };
const ASKED = {
  events: 50,
  nowMs: 9_000,
  lastNumberInTable: 0,
  from: { s: '9' },
  takenInBefore: 12,
};

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-demo-state-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('readDemoState', () => {
  it('reads what was written', () => {
    const file = path.join(folder, 'whole.json');
    writeDemoState(file, STATE);
    expect(readDemoState(file)).toEqual(STATE);
  });

  it('is null for a file that is missing, cut off or of another form', () => {
    const file = path.join(folder, 'broken.json');
    expect(readDemoState(file)).toBeNull();
    writeDemoState(file, STATE);
    writeFileSync(file, readFileSync(file, 'utf8').slice(0, 40));
    expect(readDemoState(file)).toBeNull();
    writeFileSync(file, '{"run":null}');
    expect(readDemoState(file)).toBeNull();
  });
});

describe('nextRun', () => {
  it('begins after the last run, where its event times ended', () => {
    expect(nextRun(STATE, ASKED)).toEqual({
      resumed: false,
      run: {
        number: 4,
        events: 50,
        startMs: 2_000,
        endMs: 9_000,
        from: { s: '9' },
        takenInBefore: 12,
        finished: false,
      },
    });
  });

  it('goes on with an unfinished run as it was begun', () => {
    const run = { ...RUN, finished: false };
    expect(nextRun({ ...STATE, run }, ASKED)).toEqual({ resumed: true, run });
  });

  it('never gives a number twice when the state is lost: its ids are in the table', () => {
    expect(nextRun(null, { ...ASKED, lastNumberInTable: 8 }).run.number).toBe(9);
    expect(nextRun(null, ASKED).run.number).toBe(1);
  });
});
