/** Everything wrong with an assembly, collected so that all of it is reported at once. */
export interface Problems {
  /** `where` is `stack/logicalId.Property.Path`. */
  add(where: string, message: string): void;
  readonly lines: readonly string[];
}

export function createProblems(): Problems {
  const lines: string[] = [];
  return {
    lines,
    add(where, message) {
      const line = `${where}: ${message}`;
      if (!lines.includes(line)) lines.push(line);
    },
  };
}

/** `Schema.Fields[2].Type` below `stack/Table`. */
export function joinPath(where: string, segments: readonly PropertyKey[]): string {
  return segments.reduce<string>(
    (path, segment) =>
      typeof segment === 'number' ? `${path}[${segment}]` : `${path}.${String(segment)}`,
    where,
  );
}
