/** Small texts of the status screen. */

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** `5 s`, `12 min`, `3 h`, `4 days`: the largest unit that fits twice, seconds at least. */
export function formatAge(ageMs: number): string {
  const age = Math.max(0, ageMs);
  if (age < 2 * MINUTE_MS) return `${Math.floor(age / SECOND_MS)} s`;
  if (age < 2 * HOUR_MS) return `${Math.floor(age / MINUTE_MS)} min`;
  if (age < 2 * DAY_MS) return `${Math.floor(age / HOUR_MS)} h`;
  return `${Math.floor(age / DAY_MS)} days`;
}

/** `812 ms`, `1.5 s` */
export function formatDuration(durationMs: number): string {
  if (durationMs < SECOND_MS) return `${Math.round(durationMs)} ms`;
  return `${(durationMs / SECOND_MS).toFixed(1)} s`;
}

export function formatCount(count: number): string {
  return count.toLocaleString('en-US');
}

/** `1 alarm`, `2 alarms` */
export function plural(count: number, word: string): string {
  return `${formatCount(count)} ${word}${count === 1 ? '' : 's'}`;
}

/** Cuts a text at blanks into lines of at most so many characters; a longer word stands alone. */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && longer.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = longer;
    }
  }
  return line === '' ? lines : [...lines, line];
}

/** What all names have in common, up to a hyphen: `sluice-local-`. */
export function commonPrefix(names: readonly string[]): string {
  const [first = ''] = names;
  let length = first.length;
  for (const name of names) {
    while (!name.startsWith(first.slice(0, length))) length -= 1;
  }
  return first.slice(0, first.slice(0, length).lastIndexOf('-') + 1);
}
