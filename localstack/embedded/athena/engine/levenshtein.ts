/** Longest text, in code points, whose distance is computed: the effort is their product. */
const MAX_POINTS = 100_000;

/** Edits of single code points that turn one text into the other. */
export function levenshtein(a: string, b: string): bigint {
  const left = [...a];
  const right = [...b];
  if (left.length * right.length > MAX_POINTS) {
    throw new Error(
      'INVALID_FUNCTION_ARGUMENT: The combined inputs for Levenshtein distance are too large',
    );
  }
  let previous = right.map((_, index) => index + 1);
  left.forEach((point, row) => {
    let diagonal = row;
    let beside = row + 1;
    previous = right.map((other, column) => {
      const above = previous[column] ?? 0;
      beside = Math.min(above + 1, beside + 1, diagonal + (point === other ? 0 : 1));
      diagonal = above;
      return beside;
    });
  });
  return BigInt(previous.at(-1) ?? left.length);
}
