/** A stream's rule for its next schema version. */
export type CompatibilityMode =
  | 'BACKWARD'
  | 'BACKWARD_TRANSITIVE'
  | 'FORWARD'
  | 'FORWARD_TRANSITIVE'
  | 'FULL'
  | 'FULL_TRANSITIVE'
  | 'NONE'
  | 'DISABLED';

export interface ModeRule {
  /** AWS Glue's name. Source: AWS Glue, "Schema versioning and compatibility". */
  readonly glue: string;
  /** Confluent's name; null where it has none. Source: Confluent Schema Registry API, "Config". */
  readonly confluent: string | null;
  /** The new version has to read records of the earlier ones. */
  readonly backward: boolean;
  /** The earlier versions have to read records of the new one. */
  readonly forward: boolean;
  /** Which earlier versions: the one before, or all. */
  readonly against: 'latest' | 'all';
  readonly meaning: string;
}

/** The one table of modes: our names, those of the registries, and what each asks for. */
export const MODE_RULES: Readonly<Record<CompatibilityMode, ModeRule>> = {
  BACKWARD: {
    glue: 'BACKWARD',
    confluent: 'BACKWARD',
    backward: true,
    forward: false,
    against: 'latest',
    meaning: 'consumers of the new version read events of the one before',
  },
  BACKWARD_TRANSITIVE: {
    glue: 'BACKWARD_ALL',
    confluent: 'BACKWARD_TRANSITIVE',
    backward: true,
    forward: false,
    against: 'all',
    meaning: 'consumers of the new version read events of every earlier one',
  },
  FORWARD: {
    glue: 'FORWARD',
    confluent: 'FORWARD',
    backward: false,
    forward: true,
    against: 'latest',
    meaning: 'consumers of the version before read events of the new one',
  },
  FORWARD_TRANSITIVE: {
    glue: 'FORWARD_ALL',
    confluent: 'FORWARD_TRANSITIVE',
    backward: false,
    forward: true,
    against: 'all',
    meaning: 'consumers of every earlier version read events of the new one',
  },
  FULL: {
    glue: 'FULL',
    confluent: 'FULL',
    backward: true,
    forward: true,
    against: 'latest',
    meaning: 'the new version and the one before read each other',
  },
  FULL_TRANSITIVE: {
    glue: 'FULL_ALL',
    confluent: 'FULL_TRANSITIVE',
    backward: true,
    forward: true,
    against: 'all',
    meaning: 'the new version and every earlier one read each other',
  },
  NONE: {
    glue: 'NONE',
    confluent: 'NONE',
    backward: false,
    forward: false,
    against: 'latest',
    meaning: 'any change that the table can follow',
  },
  DISABLED: {
    glue: 'DISABLED',
    confluent: null,
    backward: false,
    forward: false,
    against: 'latest',
    meaning: 'no new version at all',
  },
};

export const COMPATIBILITY_MODES = Object.keys(MODE_RULES) as [
  CompatibilityMode,
  ...CompatibilityMode[],
];

/** What holds where nothing is said. */
export const DEFAULT_COMPATIBILITY: CompatibilityMode = 'BACKWARD_TRANSITIVE';

/** Our mode of a registry's name; null for a name that it does not have. */
export function modeOf(registry: 'glue' | 'confluent', name: string): CompatibilityMode | null {
  return COMPATIBILITY_MODES.find((mode) => MODE_RULES[mode][registry] === name) ?? null;
}

/** The earlier versions that a mode holds the new one against, oldest first. */
export function versionsAgainst<T>(mode: CompatibilityMode, earlier: readonly T[]): readonly T[] {
  return MODE_RULES[mode].against === 'all' ? earlier : earlier.slice(-1);
}
