import { nearestName } from '#core/config/source/nearest-name.ts';
import { SluiceError } from '#core/errors.ts';

/**
 * The one name that is meant: a full name, or an end of one that starts behind a hyphen and fits no other
 * (`lake-writer` for `sluice-local-market-lake-writer`). A log that is named after a function
 * (`aws.vendedlogs.<function>`, the access log of its API) is meant by its full name only. Throws USAGE with all names and the nearest.
 */
export function findFunctionName(given: string, names: readonly string[]): string {
  if (names.includes(given)) return given;
  // No function has a dot in its name.
  const fitting = names.filter((name) => name.endsWith(`-${given}`) && !name.includes('.'));
  const [only] = fitting;
  if (only !== undefined && fitting.length === 1) return only;
  if (fitting.length > 1) {
    throw new SluiceError(
      'USAGE',
      `"${given}" may be ${fitting.join(' or ')}; write more of the name`,
    );
  }
  const nearest = nearestName(given, names.flatMap(endsOf));
  const hint = nearest === null ? '' : `; did you mean "${nearest}"?`;
  const known = names.length === 0 ? 'there is none' : `expected one of ${names.join(', ')}`;
  throw new SluiceError('USAGE', `unknown function "${given}": ${known}${hint}`);
}

/** `a-b-c` to `a-b-c`, `b-c` and `c`: everything that may be written for it. */
function endsOf(name: string): readonly string[] {
  const parts = name.split('-');
  return parts.map((_, index) => parts.slice(index).join('-'));
}
