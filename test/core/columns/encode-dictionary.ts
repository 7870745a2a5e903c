import type { BytesVector, DictionaryVector } from '#core/columns/vector.ts';

/** The same values with a dictionary. */
export function encodeDictionary({
  data,
  starts,
  ends,
  length,
  validity,
}: BytesVector): DictionaryVector {
  const known = new Map<string, number>();
  const first: number[] = [];
  const codes = new Int32Array(length);
  for (let row = 0; row < length; row++) {
    if (validity !== null && validity[row] === 0) continue;
    const text = Buffer.from(data.subarray(starts[row], ends[row])).toString('hex');
    const code = known.get(text) ?? first.push(row) - 1;
    known.set(text, code);
    codes[row] = code;
  }
  return {
    kind: 'dictionary',
    length,
    validity,
    codes,
    dictionary: {
      kind: 'bytes',
      length: first.length,
      validity: null,
      data,
      starts: Int32Array.from(first, (row) => starts[row]!),
      ends: Int32Array.from(first, (row) => ends[row]!),
    },
  };
}
