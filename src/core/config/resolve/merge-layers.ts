/** Overrides of a value: every key may be left out, at every level. */
export type Layer<T> = T extends readonly unknown[]
  ? T
  : T extends object
    ? { readonly [K in keyof T]?: Layer<T[K]> | undefined }
    : T;

/**
 * Lays overrides over a base, the later the stronger: mappings merge key by key, everything else
 * (lists too) is replaced. A key that is left out keeps the value below it; null replaces.
 */
export function mergeLayers<T>(
  base: T,
  ...overrides: readonly (Layer<NoInfer<T>> | undefined)[]
): T {
  return overrides.reduce<unknown>(mergeTwo, base) as T;
}

function mergeTwo(below: unknown, above: unknown): unknown {
  if (above === undefined) return below;
  if (!isMapping(below) || !isMapping(above)) return above;
  const merged = new Map(Object.entries(below));
  for (const [key, value] of Object.entries(above)) {
    merged.set(key, mergeTwo(merged.get(key), value));
  }
  return Object.fromEntries(merged);
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Freezes a value and everything it holds. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const entry of Object.values(value)) deepFreeze(entry);
  return value;
}
