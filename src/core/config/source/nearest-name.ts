import { listChoices, quote } from './config-issue.ts';

/** Names longer than this are never typing errors of ours; it bounds the quadratic comparison. */
const MAX_COMPARED_LENGTH = 64;

/**
 * Edits between two words: insert, delete, replace, swap of neighbours (optimal string alignment).
 * Swaps count once because they are the commonest typing error.
 */
export function editDistance(a: string, b: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const current = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1];
      let edits = Math.min(
        (previous[j] ?? 0) + 1,
        (current[j - 1] ?? 0) + 1,
        (previous[j - 1] ?? 0) + (same ? 0 : 1),
      );
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        edits = Math.min(edits, (beforePrevious[j - 2] ?? 0) + 1);
      }
      current.push(edits);
    }
    beforePrevious = previous;
    previous = current;
  }
  return previous[b.length] ?? 0;
}

/** The candidate that was most likely meant, or null: at most a third of its letters may differ. */
export function nearestName(name: string, candidates: Iterable<string>): string | null {
  if (name.length > MAX_COMPARED_LENGTH) return null;
  const typed = name.toLowerCase();
  let nearest: string | null = null;
  let fewestEdits = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    if (candidate === name || candidate.length > MAX_COMPARED_LENGTH) continue;
    const edits = editDistance(typed, candidate.toLowerCase());
    const allowed = Math.max(1, Math.floor(candidate.length / 3));
    if (edits <= allowed && edits < fewestEdits) {
      nearest = candidate;
      fewestEdits = edits;
    }
  }
  return nearest;
}

/** `expected one of …, got "x"`, and what was probably meant. */
export function unknownName(name: string, candidates: readonly string[]): string {
  const nearest = nearestName(name, candidates);
  const hint = nearest === null ? '' : `; did you mean ${quote(nearest)}?`;
  return `expected ${listChoices(candidates)}, got ${quote(name)}${hint}`;
}
