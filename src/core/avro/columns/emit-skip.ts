import { type AvroRecord, type AvroType, hasBytes } from '../avro-type.ts';
import { type DecoderSource, type Place, roomEnd } from './decoder-source.ts';
import { emitBlocks, emitInt, emitLength } from './emit-varint.ts';

/** Records nest at most this deep, as in the row decoder. */
export const MAX_RECORD_DEPTH = 64;

/** Code that steps over a value nobody wants, with the checks of the row decoder's skipper. */
export function emitSkip(source: DecoderSource, type: AvroType, place: Place): void {
  const { out, fail, after } = place;
  switch (type.kind) {
    case 'null':
      return;
    case 'boolean':
      out.add(`if (b[p++] > 1) ${fail}`);
      return;
    case 'int':
      emitInt(place);
      return;
    case 'long':
      out.add(
        `if (b[p] > 127) {`,
        'p = skipLong(b, p, end);',
        `if (p > ${roomEnd(after)}) ${fail}`,
        '} else p++;',
      );
      return;
    case 'float':
    case 'double':
    case 'fixed':
      out.add(`p += ${source.leastBytes(type)};`);
      return;
    case 'bytes':
    case 'string':
      emitLength(place);
      out.add('p += n;');
      return;
    case 'enum':
      emitInt(place);
      out.add(`if (n >>> 0 >= ${type.symbols.length}) ${fail}`);
      return;
    case 'union':
      emitBranches(source, type.branches, place, (branch, inside) => {
        emitSkip(source, branch, inside);
      });
      return;
    case 'array':
    case 'map':
    case 'record': {
      const name = source.skipper(type, (fresh) => addSkipper(source, fresh, type));
      out.add(`p = ${name}(p, end, ${place.depth});`, `if (p > ${roomEnd(after)}) ${fail}`);
    }
  }
}

/** Reads the number of a union's branch and chooses the code for it. */
export function emitBranches(
  source: DecoderSource,
  branches: readonly AvroType[],
  place: Place,
  emitBranch: (branch: AvroType, place: Place) => void,
): void {
  const { out, fail, after } = place;
  const least = Math.min(...branches.map(source.leastBytes));
  emitInt({ ...place, after: after + least });
  branches.forEach((branch, index) => {
    out.add(`${index === 0 ? '' : '} else '}if (n === ${index}) {`);
    const needed = source.leastBytes(branch);
    if (needed > least) out.add(`if (p > ${roomEnd(after + needed)}) ${fail}`);
    emitBranch(branch, place);
  });
  out.add(`} else ${fail}`);
}

/** Fewest bytes of a record: of one that contains itself more is known than `leastBytes` tells. */
export function leastOfFields(source: DecoderSource, record: AvroRecord): number {
  return record.fields.reduce((sum, field) => sum + source.leastBytes(field.type), 0);
}

type SkippedInFunction = Extract<AvroType, { kind: 'array' | 'map' | 'record' }>;

function addSkipper(source: DecoderSource, name: string, type: SkippedInFunction): void {
  source.addFunction(`${name}(p, end, depth)`, (out) => {
    const inside = { out, slot: '', fail: 'return PAST;', space: -1, after: 0, always: false };
    if (type.kind === 'record') skipRecord(source, type, { ...inside, depth: 'depth + 1' });
    else skipItems(source, type, { ...inside, depth: 'depth' });
    out.add('return p;');
  });
}

function skipRecord(source: DecoderSource, type: AvroRecord, place: Place): void {
  let after = leastOfFields(source, type);
  place.out.add(`if (depth >= ${MAX_RECORD_DEPTH} || p > ${roomEnd(after)}) return PAST;`);
  for (const field of type.fields) {
    after -= source.leastBytes(field.type);
    emitSkip(source, field.type, { ...place, after });
  }
}

function skipItems(
  source: DecoderSource,
  type: Extract<AvroType, { kind: 'array' | 'map' }>,
  place: Place,
): void {
  const { out } = place;
  emitBlocks(place, () => {
    // Items without bytes need no step each: their count would not be bounded by the input.
    if (type.kind === 'array' && !hasBytes(type.items)) return;
    const item = type.kind === 'array' ? type.items : type.values;
    const least = source.leastBytes(item);
    out.add(
      'while (count-- > 0) {',
      `if (p > ${roomEnd(least + (type.kind === 'map' ? 1 : 0))}) return PAST;`,
    );
    if (type.kind === 'map') {
      emitLength({ ...place, after: least });
      out.add('p += n;');
    }
    emitSkip(source, item, place);
    out.add('}');
  });
}
