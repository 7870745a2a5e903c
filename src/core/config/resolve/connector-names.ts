import { quote } from '../source/config-issue.ts';
import { unknownName } from '../source/nearest-name.ts';
import type { Reporter } from '../source/reporter.ts';

/** Environments that a connector names exist. */
export function resolveEnvironments(
  connector: string,
  environments: readonly string[] | undefined,
  {
    environmentNames,
    report,
  }: { readonly environmentNames: readonly string[]; readonly report: Reporter },
): readonly string[] | null {
  for (const [index, environment] of (environments ?? []).entries()) {
    if (environmentNames.includes(environment)) continue;
    report.at(
      ['connectors', connector, 'environments', index],
      unknownName(environment, environmentNames),
    );
  }
  return environments ?? null;
}

/** Streams that a connector names exist, each once. */
export function checkStreamNames(
  connector: string,
  streams: readonly string[],
  report: Reporter,
): void {
  const declared = report.keysAt(['streams']);
  for (const [index, stream] of streams.entries()) {
    const path = ['connectors', connector, 'streams', index];
    if (!declared.includes(stream)) report.at(path, unknownName(stream, declared));
    else if (streams.indexOf(stream) < index) {
      report.at(path, `expected each stream once, got ${quote(stream)} again`);
    }
  }
}
