import type { Value } from '../../schema/field.ts';

/**
 * Types of arguments and results, spelled as in `cast`. Values are those of rows: string; boolean; number for int, float,
 * double and date (days since 1970-01-01); bigint for long, timestamp (microseconds since 1970, UTC) and decimal
 * (unscaled: 12.34 as decimal(10, 2) is 1234n; money is decimal(19, 2)).
 */
export type ExtensionTypeName =
  | 'string'
  | 'boolean'
  | 'int'
  | 'long'
  | 'float'
  | 'double'
  | 'date'
  | 'timestamp'
  | `decimal(${number}, ${number})`;

type ValueOfType<Name extends ExtensionTypeName> = Name extends 'string'
  ? string
  : Name extends 'boolean'
    ? boolean
    : Name extends 'int' | 'float' | 'double' | 'date'
      ? number
      : bigint;

type ValuesOf<Names extends readonly ExtensionTypeName[]> = {
  readonly [Index in keyof Names]: ValueOfType<Names[Index]>;
};

/** A function as expressions call it. */
export interface ExtensionFunction {
  readonly args: readonly ExtensionTypeName[];
  readonly returns: ExtensionTypeName;
  /** Checked by whoever calls it: TypeScript says nothing about what runs. */
  readonly call: (...args: readonly Value[]) => unknown;
}

/**
 * A function for `fn:name(…)` in mappings and rules. It must be pure (equal arguments give equal results, nothing outside is
 * read or changed) and synchronous. A null argument gives null without a call. Whatever it throws, and any result that
 * is not of the declared type, rejects the row and nothing else.
 */
export function defineFunction<
  const Args extends readonly ExtensionTypeName[],
  const Returns extends ExtensionTypeName,
>(definition: {
  readonly args: Args;
  readonly returns: Returns;
  readonly call: (...args: ValuesOf<Args>) => ValueOfType<Returns> | null;
}): ExtensionFunction {
  const { args, returns } = definition;
  // The types of arguments are checked when an expression is.
  const call = definition.call as unknown as ExtensionFunction['call'];
  return Object.freeze({ args: Object.freeze([...args]), returns, call });
}
