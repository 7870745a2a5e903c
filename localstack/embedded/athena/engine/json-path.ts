/**
 * `$.a.b[0]["c d"]`: the steps from the root, null for anything else (wildcards, filters, recursion).
 * Source: Trino documentation, json_extract.
 */
export function parseJsonPath(path: string): readonly (string | number)[] | null {
  if (!path.startsWith('$')) return null;
  const steps: (string | number)[] = [];
  let rest = path.slice(1);
  while (rest !== '') {
    const match = /^(?:\.([\p{L}\p{N}_\-:$?]+)|\.?\["((?:[^"\\]|\\.)*)"\]|\[(\d{1,9})\])/u.exec(
      rest,
    );
    if (match === null) return null;
    const [whole, plain, quoted, index] = match;
    if (plain !== undefined) steps.push(plain);
    else if (quoted !== undefined) steps.push(quoted.replaceAll(/\\(.)/g, '$1'));
    else steps.push(Number(index));
    rest = rest.slice(whole.length);
  }
  return steps;
}
