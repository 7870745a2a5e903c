/** What is wrong with an event pattern. */
export class PatternError extends Error {}
