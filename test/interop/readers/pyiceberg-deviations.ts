/** What PyIceberg's writer does otherwise than the strict validator wants. */
export interface WriterDeviation {
  /** In the message of the validator. */
  readonly message: RegExp;
  readonly reason: string;
}

/** Of PyIceberg 0.12.0; anything else the validator says of its files is a mistake of the validator. */
export const PYICEBERG_DEVIATIONS: readonly WriterDeviation[] = [
  {
    message: /expected header key schema-id$|expected schema-id \d+ as in the header's schema/,
    reason: 'no schema-id in the header of a manifest, which v2 requires (Iceberg v2 §Manifests)',
  },
  {
    message: /expected the Avro schema of the specification/,
    reason:
      'equality_ids are a list of longs, the specification has ints; partition fields are required',
  },
  {
    message: /column \d+: expected a NaN count$/,
    reason: 'no NaN counts, which are optional',
  },
  {
    message: /column (28|29|31|32): expected (a lower|an upper) bound of the values$/,
    reason: 'no bounds of the fields inside a struct, which are optional',
  },
];

/** Problems that no deviation explains, and deviations that were not met. */
export function unexplained(problems: readonly string[]): readonly string[] {
  const met = new Set<WriterDeviation>();
  const left = problems.filter((problem) => {
    const deviation = PYICEBERG_DEVIATIONS.find(({ message }) => message.test(problem));
    if (deviation !== undefined) met.add(deviation);
    return deviation === undefined;
  });
  const gone = PYICEBERG_DEVIATIONS.filter((deviation) => !met.has(deviation));
  return [...left, ...gone.map(({ reason }) => `no longer a deviation of PyIceberg: ${reason}`)];
}
