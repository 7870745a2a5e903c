/** What is wrong with a pattern; the caller adds where the pattern stands. */
export class PatternError extends Error {
  override readonly name = 'PatternError';
}
