/** The same values in another vector: other orders of dictionary entries, gaps, rubbish where values are missing. */
import type { BytesVector, DictionaryVector, Vector } from '#core/columns/vector.ts';

/** Disguises a vector and all vectors in it. `random` gives numbers in [0, 1). */
export function disguiseVector(vector: Vector, random: () => number): Vector {
  const validity =
    vector.validity === null && random() < 0.3
      ? new Uint8Array(vector.length).fill(255)
      : vector.validity;
  switch (vector.kind) {
    case 'bytes':
      return random() < 0.6
        ? toDictionary({ ...vector, validity }, random)
        : scatter({ ...vector, validity }, random);
    case 'list':
      return { ...vector, validity, element: disguiseVector(vector.element, random) };
    case 'map':
      return {
        ...vector,
        validity,
        keys: disguiseVector(vector.keys, random),
        values: disguiseVector(vector.values, random),
      };
    case 'struct':
      return {
        ...vector,
        validity,
        children: vector.children.map((child) => disguiseVector(child, random)),
      };
    default:
      return { ...vector, validity };
  }
}

const isMissing = (vector: Vector, row: number) => vector.validity?.[row] === 0;

/** Items in random order in their buffer, with gaps. */
function scatter(vector: BytesVector, random: () => number): BytesVector {
  const order = shuffled(vector.length, random);
  const data = new Uint8Array(vector.data.length * 2 + 8 * vector.length + 8).fill(0xcc);
  const starts = new Int32Array(vector.length + 3).fill(-9);
  const ends = new Int32Array(vector.length + 3).fill(2 ** 30);
  let at = Math.floor(random() * 4);
  for (const row of order) {
    if (isMissing(vector, row)) continue;
    const item = vector.data.slice(vector.starts[row], vector.ends[row]);
    data.set(item, at);
    starts[row] = at;
    ends[row] = at + item.length;
    at += item.length + Math.floor(random() * 4);
  }
  return { ...vector, data, starts, ends };
}

/** Entries in random order, one of them unused. */
function toDictionary(vector: BytesVector, random: () => number): DictionaryVector {
  const keys = Array.from({ length: vector.length }, (_, row) =>
    isMissing(vector, row)
      ? null
      : Buffer.from(vector.data.slice(vector.starts[row], vector.ends[row])).toString('hex'),
  );
  const distinct = [...new Set(keys)].filter((key) => key !== null);
  const entries = ['00'.repeat(50), ...distinct];
  const order = shuffled(entries.length, random);
  const shuffledEntries = order.map((entry) => Buffer.from(entries[entry] ?? '', 'hex'));
  const codeOf = new Map(order.map((entry, code) => [entry, code]));
  const ends = new Int32Array(entries.length);
  const starts = new Int32Array(entries.length);
  shuffledEntries.forEach((entry, code) => {
    starts[code] = ends[code - 1] ?? 0;
    ends[code] = (starts[code] ?? 0) + entry.length;
  });
  return {
    kind: 'dictionary',
    length: vector.length,
    validity: vector.validity,
    codes: Int32Array.from(keys, (key) =>
      key === null ? -1 : (codeOf.get(distinct.indexOf(key) + 1) ?? -1),
    ),
    dictionary: {
      kind: 'bytes',
      length: entries.length,
      validity: null,
      data: Buffer.concat(shuffledEntries),
      starts,
      ends,
    },
  };
}

function shuffled(length: number, random: () => number): number[] {
  const order = Array.from({ length }, (_, index) => index);
  for (let index = length - 1; index > 0; index -= 1) {
    const other = Math.floor(random() * (index + 1));
    [order[index], order[other]] = [order[other] ?? 0, order[index] ?? 0];
  }
  return order;
}
