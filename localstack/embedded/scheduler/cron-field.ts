/** One field of a cron expression: its name in messages, its bounds and the words it knows for numbers. */
export interface CronField {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  /** Words for `min`, `min + 1` … */
  readonly words?: readonly string[];
}

/**
 * field => item { "," item }
 * item  => ("*" | value [ "-" value ]) [ "/" step ]
 * `5/10` is 5 and every tenth after it. Ranges run upwards. Throws an Error that says what it expected.
 */
export function parseCronField(text: string, field: CronField): ReadonlySet<number> {
  return new Set(text.split(',').flatMap((item) => parseItem(item, field)));
}

const ITEM = /^(\*|\w+)(?:-(\w+))?(?:\/(\d+))?$/;

function parseItem(item: string, field: CronField): number[] {
  const [, from, to, stepText] = ITEM.exec(item) ?? [];
  if (from === undefined) throw fieldError(item, field);
  const step = Number(stepText ?? 1);
  if (step < 1 || (from === '*' && to !== undefined)) throw fieldError(item, field);
  const first = from === '*' ? field.min : parseCronValue(from, field);
  const isOpen = from === '*' || (stepText !== undefined && to === undefined);
  const last = isOpen ? field.max : parseCronValue(to ?? from, field);
  if (last < first) throw fieldError(item, field);
  return Array.from({ length: Math.floor((last - first) / step) + 1 }, (_, i) => first + i * step);
}

/** A number within the field's bounds, or one of its words. */
export function parseCronValue(text: string, field: CronField): number {
  const word = field.words?.indexOf(text.toUpperCase()) ?? -1;
  if (word >= 0) return field.min + word;
  const value = Number(text);
  const isInside = /^\d+$/.test(text) && value >= field.min && value <= field.max;
  if (!isInside) throw fieldError(text, field);
  return value;
}

export function fieldError(text: string, { name, min, max, words }: CronField): Error {
  const also = words === undefined ? '' : ` or ${words[0]} to ${words.at(-1)}`;
  return new Error(
    `${name} of the cron expression: expected ${min} to ${max}${also}, lists, ranges and steps of them, got "${text}"`,
  );
}
