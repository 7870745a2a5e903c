import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { SluiceError } from '#core/errors.ts';
import { replaceFile } from '#embedded/replace-file.ts';

const recordModel = z.strictObject({
  expression: z.string(),
  /** When the schedule was created: a rate counts from here. */
  anchorMs: z.number(),
  /** The run that was started last; null before the first. */
  lastRunMs: z.number().nullable(),
});
const fileModel = z.strictObject({
  version: z.literal(1),
  schedules: z.record(z.string(), recordModel),
});

export type ScheduleRecord = z.infer<typeof recordModel>;

/** What survives a restart, by schedule name; the file is replaced as a whole with every change. */
export interface ScheduleState {
  get(name: string): ScheduleRecord | null;
  set(name: string, record: ScheduleRecord): void;
}

const FILE_NAME = 'schedules.json';

/** Throws FORMAT_CORRUPT when the file is not ours. */
export function openScheduleState(stateDir: string): ScheduleState {
  mkdirSync(stateDir, { recursive: true });
  const file = path.join(stateDir, FILE_NAME);
  const schedules = new Map(Object.entries(readSchedules(file)));
  return {
    get: (name) => schedules.get(name) ?? null,
    set: (name, record) => {
      schedules.set(name, record);
      const content = { version: 1, schedules: Object.fromEntries(schedules) };
      replaceFile(file, `${JSON.stringify(content, null, 1)}\n`);
    },
  };
}

function readSchedules(file: string): Readonly<Record<string, ScheduleRecord>> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
  try {
    return fileModel.parse(JSON.parse(text)).schedules;
  } catch (cause) {
    throw new SluiceError(
      'FORMAT_CORRUPT',
      `${file}: expected the schedules of this version; delete the file to let every rate start anew`,
      { cause },
    );
  }
}
