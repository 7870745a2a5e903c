import type { Field } from '#core/schema/field.ts';
import type { AvroRecord } from '../avro-type.ts';
import { DecoderSource, type Loads, type Place, ROWS, roomEnd } from './decoder-source.ts';
import { DECODER_TOOLS } from './decoder-tools.ts';
import { emitFields, type Fill } from './emit-record.ts';
import { leastOfFields } from './emit-skip.ts';
import { SourceText } from './source-text.ts';

export interface GeneratedDecoder {
  /** Body of a function of `tools` and `constants` that answers the decoding function. */
  readonly text: string;
  /** What the text refers to by numbers. */
  readonly source: DecoderSource;
  readonly fills: readonly Fill[];
}

/**
 * Writes the decoder of a writer's records for a reader's fields: a loop over rows that keeps the position in `p` and
 * the last small number in `n`, with a function for each list, map and skipped type. Everywhere the bytes that are
 * left are known to be enough for the least that must follow, so that values of fixed size need no check.
 */
export function generateDecoder(schemas: {
  readonly writer: AvroRecord;
  readonly reader: AvroRecord;
  readonly fields: readonly Field[];
}): GeneratedDecoder {
  const source = new DecoderSource();
  const row = new SourceText(3);
  const place: Place = {
    out: row,
    slot: 'r',
    fail: 'break row;',
    space: ROWS,
    depth: 0,
    after: 0,
    always: true,
  };
  const fills = emitFields(source, { ...schemas, column: null, path: '' }, place);
  const least = leastOfFields(source, schemas.writer);
  return { text: assemble(source, row, least), source, fills };
}

function assemble(source: DecoderSource, row: SourceText, least: number): string {
  const { spaces, shared } = source.loads;
  const [rows = [], ...children] = spaces;
  const out = new SourceText();
  out.add("'use strict';", `const { ${Object.keys(DECODER_TOOLS).join(', ')} } = tools;`);
  out.add('let bytes, view, columns, symbolCodes;');
  for (const [name] of [...shared, ...children.flat()]) out.add(`let ${name};`);
  children.forEach((loads, index) => {
    addLoad(out, `load${index + 1}`, loads);
  });
  out.add(...source.functions.flatMap((text) => text.split('\n').map((line) => line.trim())));
  out.add('return function decode(batch, from, to) {');
  out.add('({ bytes, view, columns, symbolCodes } = batch);');
  for (const [name, value] of shared) out.add(`${name} = ${value};`);
  out.add(...children.map((_, index) => `load${index + 1}();`));
  for (const [name, value] of rows) out.add(`const ${name} = ${value};`);
  out.add('const { starts, ends, ok, target } = batch;', 'const b = bytes, dv = view;');
  out.add('let failed = 0, n = 0;', 'for (let r = from; r < to; r++) {', 'row: {');
  out.add('let p = starts[r];', 'const end = ends[r];');
  out.add(`if (p < 0 || end > b.length || p > ${roomEnd(least)}) break row;`);
  out.add(
    ...row
      .toString()
      .split('\n')
      .map((line) => line.trim()),
  );
  out.add('if (p === end) continue;', '}');
  out.add('ok[r] = 0;', 'failed++;', 'target.dropRow(r);', '}', 'return failed;', '};');
  return out.toString();
}

/** A function that loads the buffers of a space, at the start and when they have grown. */
function addLoad(out: SourceText, name: string, loads: Loads): void {
  out.add(`function ${name}() {`, ...loads.map(([member, value]) => `${member} = ${value};`), '}');
}
