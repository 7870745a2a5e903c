/** Names further away than this share of their length are no suggestion. */
const MAX_DISTANCE_SHARE = 0.4;
const MAX_NAME_LENGTH = 64;

/** The candidate a mistyped name most likely means, or null. */
export function closestName(name: string, candidates: Iterable<string>): string | null {
  let best: string | null = null;
  let bestDistance = Math.floor(Math.max(1, name.length * MAX_DISTANCE_SHARE)) + 1;
  if (name.length > MAX_NAME_LENGTH) return null;
  for (const candidate of candidates) {
    if (candidate.length > MAX_NAME_LENGTH) continue;
    const distance = nameDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** `; did you mean "price"?`, or nothing. */
export function suggest(name: string, candidates: Iterable<string>): string {
  const closest = closestName(name, candidates);
  return closest === null ? '' : `; did you mean "${closest}"?`;
}

/** A name that goes on where the other ends (ceil, ceiling) is close however long it is. */
function nameDistance(left: string, right: string): number {
  const shorter = Math.min(left.length, right.length);
  const continues = shorter >= 4 && left.slice(0, shorter) === right.slice(0, shorter);
  const distance = editDistance(left, right);
  return continues ? Math.min(distance, 2) : distance;
}

/** Levenshtein distance, where swapping two neighbours counts once. */
function editDistance(left: string, right: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let row = 1; row <= left.length; row++) {
    const current = [row];
    for (let column = 1; column <= right.length; column++) {
      const same = left[row - 1] === right[column - 1];
      let distance = Math.min(
        (previous[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (previous[column - 1] ?? 0) + (same ? 0 : 1),
      );
      if (left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1]) {
        distance = Math.min(distance, (beforePrevious[column - 2] ?? 0) + 1);
      }
      current.push(distance);
    }
    beforePrevious = previous;
    previous = current;
  }
  return previous[right.length] ?? 0;
}
