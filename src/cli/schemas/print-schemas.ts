import type { StreamChange } from '#app/generate-schemas.ts';
import { formatDiff } from '#core/schema/evolution/format-diff.ts';
import type { Output } from '../output.ts';

/** Next versions, each with its differences below it. */
export function printChanges(output: Output, changes: readonly StreamChange[]): void {
  for (const { domain, stream, version, differences } of changes) {
    const from = version === 1 ? 'new' : `version ${version - 1} → ${version}`;
    output.line(`${domain}.${stream}  ${from}`);
    for (const line of formatDiff(differences)) output.line(`  ${line}`);
  }
}
