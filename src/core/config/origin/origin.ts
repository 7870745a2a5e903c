import { type ConfigPath, formatPath } from '../source/config-issue.ts';

/** Where a resolved value comes from. */
export type Origin =
  | {
      /** `category`: the stream says nothing and takes over what its category says. */
      readonly kind: 'file' | 'category';
      /** Relative to the project root. */
      readonly file: string;
      /** Of the value; both from 1. */
      readonly line: number;
      readonly column: number;
    }
  /** No file says anything. */
  | { readonly kind: 'default' };

/** One value of the configuration after all layers are merged. */
export interface ResolvedValue {
  /** From the root of the project, in the words of the files: `domains`, `market`, `writer`, `memory`. */
  readonly path: ConfigPath;
  /** As it is written, so that `10s` stays `10s` and `${secret:name}` stays a name; null for a default that is nothing. */
  readonly value: unknown;
  readonly origin: Origin;
}

/**
 * Every resolved value by its path as text (`domains.market.writer.memory`): the settings of the environment
 * at the root, those of each domain below `domains.<name>`. Lists are one value, because layers replace them whole.
 */
export type ConfigOrigins = Readonly<Record<string, ResolvedValue>>;

/** Values by path; the order is kept. */
export function originsByPath(values: readonly ResolvedValue[]): ConfigOrigins {
  const origins: Record<string, ResolvedValue> = Object.create(null);
  for (const value of values) origins[formatPath(value.path)] = value;
  return origins;
}

/** `domains/market.yaml:12:5`, `default`, or the category's place with the word before it. */
export function formatOrigin(origin: Origin): string {
  if (origin.kind === 'default') return 'default';
  const place = `${origin.file}:${origin.line}:${origin.column}`;
  return origin.kind === 'category' ? `category ${place}` : place;
}
