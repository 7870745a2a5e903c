import {
  DEDUPE_BYTES_PER_ID,
  DEDUPE_MEMORY_SHARE,
  expectedIds,
} from '#core/delivery/dedupe-memory.ts';
import type { Stream } from '../project.ts';
import type { Reporter } from '../source/reporter.ts';

const MEGABYTE = 1_000_000;

/**
 * Checks that the identities which a domain's writer keeps for de-duplication fit its memory; the issue
 * goes to the stream that needs the most.
 */
export function checkDedupe(
  streams: readonly Stream[],
  options: { readonly memoryBytes: number; readonly report: Reporter },
): void {
  const needs = streams.filter(({ dedupe }) => dedupe.horizonMs > 0);
  const bytes = needs.reduce((sum, stream) => sum + bytesOf(stream), 0);
  const allowed = options.memoryBytes * DEDUPE_MEMORY_SHARE;
  const [largest] = needs.toSorted((a, b) => bytesOf(b) - bytesOf(a));
  if (bytes <= allowed || largest === undefined) return;
  const terms = needs.map(
    ({ name, rate, dedupe }) =>
      `${name} ${rate.expectedPerSecond}/s x ${dedupe.horizonMs / 1000}s x ${DEDUPE_BYTES_PER_ID}B`,
  );
  options.report.at(
    ['streams', largest.name, 'dedupe', 'horizon'],
    `expected the identities within the horizon in a quarter of the writer's memory (${options.memoryBytes / MEGABYTE}MB / 4 = ${inMegabytes(allowed)}), ` +
      `got ${terms.join(' + ')} = ${inMegabytes(bytes)}; shorten the horizon, raise writer.memory, or set the horizon to 0`,
  );
}

function bytesOf(stream: Stream): number {
  return expectedIds(stream) * DEDUPE_BYTES_PER_ID;
}

function inMegabytes(bytes: number): string {
  return `${Math.round(bytes / MEGABYTE)}MB`;
}
