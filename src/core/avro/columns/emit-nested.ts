import type { FieldType } from '#core/schema/field.ts';
import type { AvroType } from '../avro-type.ts';
import { type DecoderSource, type Place, roomEnd } from './decoder-source.ts';
import type { ReadValue } from './emit-scalar.ts';
import { emitBlocks, emitLength } from './emit-varint.ts';

/** Writes the code for an item or value, which is never missing. Given by the caller, who knows all types. */
export type EmitValue = (value: ReadValue, place: Place) => void;

type ReadItems<Kind extends 'array' | 'map', Type extends 'list' | 'map'> = ReadValue<
  Extract<FieldType, { kind: Type }>
> & {
  readonly writer: Extract<AvroType, { kind: Kind }>;
  readonly reader: Extract<AvroType, { kind: Kind }>;
};

/** Code that reads a list, by a function of its own. */
export function emitList(
  source: DecoderSource,
  value: ReadItems<'array', 'list'>,
  place: Place,
  emitValue: EmitValue,
): void {
  const space = source.spaceBelow(value.column);
  const child = source.shared(value.column, 'child');
  const name = source.functionName('list');
  const item = { ...value, writer: value.writer.items, reader: value.reader.items };
  const column = source.column(value.column, 'element');
  source.addFunction(`${name}(p, end)`, (out) => {
    const inside = { ...place, out, slot: 'slot', fail: 'return PAST;', space, after: 0 };
    // At least one byte, which bounds the number of slots by the bytes.
    const least = Math.max(1, source.leastBytes(item.writer));
    emitBlocks(inside, () => {
      emitRoomForItems(child, { space, least, out });
      out.add('while (count-- > 0) {', `if (p > ${roomEnd(least)}) return PAST;`);
      out.add(`const slot = ${child}.length++;`);
      emitValue({ ...item, type: value.type.element, column }, inside);
      out.add('}');
    });
    out.add('return p;');
  });
  place.out.add(`p = ${name}(p, end);`, `if (p > ${roomEnd(place.after)}) ${place.fail}`);
  const offsets = source.member(place.space, value.column, 'offsets');
  place.out.add(`${offsets}[${place.slot} + 1] = ${child}.length;`);
}

function emitRoomForItems(
  child: string,
  { space, least, out }: { space: number; least: number; out: Place['out'] },
): void {
  if (least > 1) out.add(`if (count * ${least} > end - p) return PAST;`);
  out.add(
    `if (${child}.length + count > ${child}.capacity) {`,
    `${child}.reserve(${child}.length + count);`,
    `load${space}();`,
    '}',
  );
}

/**
 * Code that reads a map, by a function for the map and one for a value. A key that comes again has its last value,
 * at the place where it came first; then the map is read a second time, without the values that do not count.
 */
export function emitMap(
  source: DecoderSource,
  value: ReadItems<'map', 'map'>,
  place: Place,
  emitValue: EmitValue,
): void {
  const space = source.spaceBelow(value.column);
  const names = {
    map: source.functionName('map'),
    value: source.functionName('value'),
    child: source.shared(value.column, 'child'),
    log: source.shared(value.column, 'log'),
    keys: source.shared(value.column, 'keys'),
  };
  const item = { ...value, writer: value.writer.values, reader: value.reader.values };
  const column = source.column(value.column, 'values');
  source.addFunction(`${names.value}(p, end, slot)`, (out) => {
    const inside = { ...place, out, slot: 'slot', fail: 'return PAST;', space, after: 0 };
    out.add(`if (p > ${roomEnd(source.leastBytes(item.writer))}) return PAST;`);
    emitValue({ ...item, type: value.type.value, column }, inside);
    out.add('return p;');
  });
  addMapFunction(source, names, { space, place, least: 1 + source.leastBytes(item.writer) });
  place.out.add(`p = ${names.map}(p, end);`, `if (p > ${roomEnd(place.after)}) ${place.fail}`);
  const offsets = source.member(place.space, value.column, 'offsets');
  place.out.add(`${offsets}[${place.slot} + 1] = ${names.child}.length;`);
}

interface MapNames {
  readonly map: string;
  readonly value: string;
  readonly child: string;
  readonly log: string;
  readonly keys: string;
}

function addMapFunction(
  source: DecoderSource,
  { map, value, child, log, keys }: MapNames,
  { space, place, least }: { space: number; place: Place; least: number },
): void {
  source.addFunction(`${map}(p, end)`, (out) => {
    const inside = { ...place, out, fail: 'return PAST;', space, after: 0 };
    out.add(`const base = ${child}.length;`, `${log}.clear();`);
    emitBlocks(inside, () => {
      emitRoomForItems(child, { space, least, out });
      out.add('while (count-- > 0) {', `if (p > ${roomEnd(least)}) return PAST;`);
      emitLength({ ...inside, after: least - 1 });
      out.add(
        `const slot = ${child}.length++;`,
        `if (!${keys}.put(b, dv, slot, p, p + n)) return PAST;`,
        `${log}.push(p, p + n);`,
        `p = ${value}(p + n, end, slot);`,
        'if (p > end) return PAST;',
        '}',
      );
    });
    out.add(
      `const distinct = ${child}.length - base > 1 ? ${log}.repeated(b) : null;`,
      'if (distinct === null) return p;',
      `${child}.truncate(base);`,
      'for (let i = 0; i < distinct.length; i += 3) {',
      `const slot = ${child}.length++;`,
      `${keys}.put(b, dv, slot, distinct[i], distinct[i + 1]);`,
      `${value}(distinct[i + 2], end, slot);`,
      '}',
      'return p;',
    );
  });
}
