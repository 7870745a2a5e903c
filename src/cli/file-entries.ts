import type { Domain, FileSource, Project } from '#core/config/project.ts';
import { nearestName } from '#core/config/source/nearest-name.ts';
import { SluiceError } from '#core/errors.ts';

/** The domain of this name. Throws USAGE naming those that take files. */
export function domainWithFiles(project: Pick<Project, 'domains'>, name: string): Domain {
  const taking = project.domains.filter(({ files }) => files.length > 0);
  const found = taking.find((domain) => domain.name === name);
  if (found !== undefined) return found;
  throw unknown('--domain', name, {
    candidates: taking.map((domain) => domain.name),
    what: 'a domain with files',
  });
}

/** The entry of this name. Throws USAGE naming those of the domain. */
export function entryOf(domain: Domain, name: string): FileSource {
  const found = domain.files.find((entry) => entry.name === name);
  if (found !== undefined) return found;
  const candidates = domain.files.map((entry) => entry.name);
  throw unknown('--entry', name, { candidates, what: `an entry of domain ${domain.name}` });
}

function unknown(
  option: string,
  name: string,
  expected: { readonly candidates: readonly string[]; readonly what: string },
): SluiceError {
  const { candidates, what } = expected;
  const nearest = nearestName(name, candidates);
  const hint = nearest === null ? '' : `; did you mean "${nearest}"?`;
  const known =
    candidates.length === 0 ? 'there is none; see docs/files.md' : candidates.join(', ');
  return new SluiceError('USAGE', `${option}: expected ${what} (${known}), got "${name}"${hint}`);
}
