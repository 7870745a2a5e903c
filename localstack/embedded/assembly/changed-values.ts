/** One difference between two JSON values. */
export interface ChangedValue {
  readonly path: readonly PropertyKey[];
  readonly before: unknown;
  readonly after: unknown;
}

/** Every leaf in which two JSON values differ; the order of object keys does not matter, that of lists does. */
export function changedValues(
  before: unknown,
  after: unknown,
  path: readonly PropertyKey[] = [],
): readonly ChangedValue[] {
  if (!isContainer(before) || !isContainer(after)) {
    return before === after ? [] : [{ path, before, after }];
  }
  if (Array.isArray(before) !== Array.isArray(after)) return [{ path, before, after }];
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].flatMap((key) =>
    changedValues(before[key], after[key], [...path, Array.isArray(before) ? Number(key) : key]),
  );
}

function isContainer(value: unknown): value is Readonly<Record<string, unknown>> {
  return value !== null && typeof value === 'object';
}
