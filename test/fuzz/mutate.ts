/** Numbers that break counts, lengths and bounds: the edges of one, two, four and eight bytes, zigzagged or not. */
const EDGE_BYTES: readonly (readonly number[])[] = [
  [0],
  [1],
  [0x7f],
  [0x80],
  [0xff],
  [0xff, 0xff],
  [0x80, 0x80, 0x80, 0x80, 0x08],
  [0xff, 0xff, 0xff, 0xff, 0x0f],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
  [0, 0, 0, 0],
  [0xff, 0xff, 0xff, 0x7f],
];

const MAX_MUTATIONS = 4;

/** Uniform in [0, 1); one sequence per input, so that an input is found again by its number. */
export type Draw = () => number;

/** Deterministic numbers from a seed and an index (mulberry32). */
export function drawOf(seed: number, index: number): Draw {
  let state = Math.imul(seed ^ 0x9e37_79b9, 0x85eb_ca6b) ^ Math.imul(index + 1, 0xc2b2_ae35);
  return () => {
    state = (state + 0x6d2b_79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function below(draw: Draw, limit: number): number {
  return Math.floor(draw() * limit);
}

export function pick<T>(draw: Draw, from: readonly T[]): T {
  const found = from[below(draw, from.length)];
  if (found === undefined) throw new Error('nothing to pick from');
  return found;
}

/** One of the corpus, cut, flipped, doubled, spliced or sprinkled with edge values; now and then untouched or pure noise. */
export function mutateBytes(draw: Draw, corpus: readonly Uint8Array[]): Uint8Array {
  const kind = below(draw, 32);
  if (kind === 0) return Uint8Array.from({ length: below(draw, 64) }, () => below(draw, 256));
  let bytes: Buffer = Buffer.from(pick(draw, corpus));
  if (kind === 1) return bytes;
  for (let left = 1 + below(draw, MAX_MUTATIONS); left > 0; left--) {
    bytes = mutateOnce(draw, bytes, corpus);
  }
  return bytes;
}

function mutateOnce(draw: Draw, bytes: Buffer, corpus: readonly Uint8Array[]): Buffer {
  const at = below(draw, bytes.length + 1);
  const end = Math.min(bytes.length, at + 1 + below(draw, 16));
  switch (below(draw, 6)) {
    case 0: {
      const flipped = Buffer.from(bytes);
      if (at < flipped.length) flipped[at] = (flipped[at] ?? 0) ^ (1 << below(draw, 8));
      return flipped;
    }
    case 1:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(end)]);
    case 2:
      return Buffer.concat([bytes.subarray(0, end), bytes.subarray(at)]);
    case 3: {
      const edge = Buffer.from(pick(draw, EDGE_BYTES));
      return Buffer.concat([bytes.subarray(0, at), edge, bytes.subarray(at + edge.length)]);
    }
    case 4:
      return bytes.subarray(0, at);
    default: {
      const other = Buffer.from(pick(draw, corpus));
      return Buffer.concat([bytes.subarray(0, at), other.subarray(below(draw, other.length + 1))]);
    }
  }
}

const ODD_TEXTS = [
  '\0',
  '\u2028',
  '\ud800',
  '\u202e',
  '"',
  "'",
  '\\',
  '\n',
  '\t',
  ' ',
  '{',
  '}',
  '[',
  ']',
  ':',
  ',',
  '-',
  '&a',
  '*a',
  '<<',
  '!!js/function',
  '%',
  '#',
  '|',
  '__proto__',
  'constructor',
  'null',
  'true',
  '~',
  '1e309',
  '-0',
  '9223372036854775808',
  '0x10',
  '.inf',
  '\u{1f4a9}',
];

/** The same for text: characters, words of the dictionary and odd ones, lines dropped, doubled, indented. */
export function mutateText(
  draw: Draw,
  corpus: readonly string[],
  dictionary: readonly string[] = [],
): string {
  let text = pick(draw, corpus);
  if (below(draw, 32) === 0) return text;
  const words = [...ODD_TEXTS, ...dictionary];
  for (let left = 1 + below(draw, MAX_MUTATIONS); left > 0; left--) {
    text = mutateTextOnce(draw, text, words);
  }
  return text;
}

function mutateTextOnce(draw: Draw, text: string, words: readonly string[]): string {
  const at = below(draw, text.length + 1);
  const end = Math.min(text.length, at + 1 + below(draw, 12));
  switch (below(draw, 6)) {
    case 0:
      return text.slice(0, at) + pick(draw, words) + text.slice(at);
    case 1:
      return text.slice(0, at) + text.slice(end);
    case 2:
      return text.slice(0, at) + pick(draw, words) + text.slice(end);
    case 3:
      return text.slice(0, end) + text.slice(at);
    case 4:
      return text.slice(0, at);
    default:
      return mutateLine(draw, text);
  }
}

function mutateLine(draw: Draw, text: string): string {
  const lines = text.split('\n');
  const at = below(draw, lines.length);
  const line = lines[at] ?? '';
  const replacement = [[], [line, line], [`  ${line}`], [line.trimStart()]][below(draw, 4)] ?? [];
  lines.splice(at, 1, ...replacement);
  return lines.join('\n');
}
