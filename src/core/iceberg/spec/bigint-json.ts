/**
 * JSON without loss: snapshot ids are random 63-bit integers, which a double rounds.
 * Integers of these keys are always bigint, so that a small id compares equal to itself; other
 * integers are bigint only when a double cannot hold them.
 */
const LONG_KEYS: ReadonlySet<string> = new Set([
  'snapshot-id',
  'parent-snapshot-id',
  'current-snapshot-id',
  'sequence-number',
  'last-sequence-number',
  'first-row-id',
  'next-row-id',
]);
const INTEGER = /^-?\d+$/;

/** ECMAScript "JSON.parse source text access": in the runtime, not yet in TypeScript's library. */
const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown };

/** JSON.parse with exact integers. Throws SyntaxError. */
export function parseBigintJson(text: string): unknown {
  return JSON.parse(text, (key: string, value: unknown, ...rest: unknown[]) => {
    if (typeof value !== 'number') return value;
    const { source } = rest[0] as { readonly source: string };
    const exact = INTEGER.test(source) && (LONG_KEYS.has(key) || !Number.isSafeInteger(value));
    return exact ? BigInt(source) : value;
  });
}

/** JSON.stringify that writes bigint as a plain integer. */
export function stringifyBigintJson(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) =>
    typeof item === 'bigint' ? rawJSON(item.toString()) : item,
  );
}
