import { commitFile } from './commit-file.ts';
import { START_MS, type World } from './table-world.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Between commits of a busy table: `writer.commit_interval`. */
export const INTERVAL_MS = 30_000;

/** When each commit comes, and the tags that the state before it gets. */
function* calendar(
  commits: number,
): Generator<{ readonly atMs: number; readonly tags: readonly string[] }> {
  const days = Math.min(335, Math.floor(commits * 0.067));
  const hours = Math.min(720, Math.floor(commits * 0.144));
  let atMs = START_MS;
  for (let day = 0; day < days; day++) {
    atMs += DAY_MS;
    yield { atMs, tags: [`day-${day}`] };
  }
  const rest = commits - days - hours;
  // The last hours are the busy ones: every interval one commit, and the tags of the hour among them.
  const quietHours = Math.max(0, hours - Math.ceil((rest * INTERVAL_MS) / HOUR_MS));
  for (let hour = 0; hour < quietHours; hour++) {
    atMs += HOUR_MS;
    yield { atMs, tags: tagsOf(hour) };
  }
  let hour = quietHours;
  let tagAtMs = atMs + HOUR_MS;
  for (let left = commits - days - quietHours; left > 0; left--) {
    atMs += INTERVAL_MS;
    const isTagged = atMs >= tagAtMs;
    if (isTagged) tagAtMs += HOUR_MS;
    yield { atMs, tags: isTagged ? tagsOf(hour++) : [] };
  }
}

/** Every run of a job has one; every 24th stands for its day, too. */
function tagsOf(hour: number): readonly string[] {
  return hour % 24 === 0 ? [`run-${hour}`, `day-of-run-${hour}`] : [`run-${hour}`];
}

/** Commits as many as the table is to have seen: a year of days, a month of hours, the rest in the last hours. */
export async function ageTable(world: World, commits: number): Promise<void> {
  for (const { atMs, tags } of calendar(commits)) {
    world.clock.timeMs = Math.max(world.clock.timeMs, atMs);
    await commitFile(world, world.deps, tags);
  }
}
