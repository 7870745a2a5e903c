import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { openFunctionLogs } from '#embedded/lambda/function-logs.ts';
import { temporaryFolder } from '../assembly/assembly-fixture.ts';

const NOON = Date.UTC(2026, 0, 31, 12);

function startLogs() {
  const folder = temporaryFolder();
  onTestFinished(() => folder.remove());
  let print: (line: { functionName: string; text: string }) => void = () => undefined;
  const open = () =>
    openFunctionLogs(
      {
        onLog: (listener) => {
          print = listener;
          return () => undefined;
        },
      },
      folder.path,
      { nowMs: () => NOON },
    );
  const read = (name: string): string => readFileSync(path.join(folder.path, name), 'utf8');
  return {
    folder: folder.path,
    open,
    read,
    print: (text: string) => print({ functionName: 'writer', text }),
  };
}

it('writes each line behind its time, functions and the local cloud in files of their own', async () => {
  const { open, read, print } = startLogs();
  const logs = open();
  print('one');
  print('two');
  logs.write('alarms', 'three');
  logs.close();
  await expect
    .poll(() => read('writer.log'))
    .toBe('2026-01-31T12:00:00.000Z one\n2026-01-31T12:00:00.000Z two\n');
  await expect.poll(() => read('alarms.log')).toBe('2026-01-31T12:00:00.000Z three\n');
});

it('begins a new line behind one that a killed process left half written', async () => {
  const { folder, open, read, print } = startLogs();
  writeFileSync(path.join(folder, 'writer.log'), '2026-01-31T11:59:59.000Z whole\n2026-01-31T11:5');
  const logs = open();
  print('next');
  logs.close();
  await expect
    .poll(() => read('writer.log').split('\n'))
    .toEqual([
      '2026-01-31T11:59:59.000Z whole',
      '2026-01-31T11:5',
      '2026-01-31T12:00:00.000Z next',
      '',
    ]);
});
