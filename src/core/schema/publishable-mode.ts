import type { CompatibilityMode } from './evolution/compatibility-mode.ts';
import { judgeDefinition } from './evolution/judge-definition.ts';

/**
 * The mode under which a registry takes a stream's whole history, in order: the stream's own, unless earlier
 * versions were made under a more lenient one. Then it is NONE: `generate` has judged every version already,
 * and a new environment has to be able to take them all. `versions` are schemas as JSON values, oldest first.
 */
export function publishableMode(
  mode: CompatibilityMode,
  versions: readonly unknown[],
): CompatibilityMode {
  if (mode === 'DISABLED') return versions.length > 1 ? 'NONE' : mode;
  const isLegal = versions.every(
    (version, index) => judgeDefinition(mode, version, versions.slice(0, index)).length === 0,
  );
  return isLegal ? mode : 'NONE';
}
