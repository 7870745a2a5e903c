import { describe, expect, it } from 'vitest';
import { parseAvroType } from '#core/avro/avro-type.ts';
import { generateDecoder } from '#core/avro/columns/generate-decoder.ts';
import { record } from '../one-field.ts';
import { field } from '../trade-schema.ts';
import { decodeColumns } from './vector-rows.ts';

const HOSTILE = [
  "x'); process.exit(7); ('",
  '\u2028process.exit(7)//',
  '*/ process.exit(7) /*',
  '\nprocess.exit(7)\n',
  '$' + '{process.exit(7)}',
  '`"\\',
  'constructor',
  'columns',
  'hasOwnProperty',
];

describe('names of a schema', () => {
  it.each(HOSTILE)('are data: %j', (name) => {
    const schema = record(
      { name, type: 'int' },
      { name: `${name}2`, type: { type: 'enum', name: 'e', symbols: [name, 'B'] } },
      { name: `${name}3`, type: { type: 'record', name: 'n', fields: [{ name, type: 'string' }] } },
      { name: `${name}4`, type: 'long' },
    );
    const readerSchema = {
      ...schema,
      fields: [...schema.fields.slice(0, 3), { name: `${name}5`, type: 'string' }],
    };
    const fields = [
      field(name, { kind: 'int' }),
      field(`${name}2`, { kind: 'enum', symbols: [name, 'B'] }),
      field(`${name}3`, { kind: 'record', fields: [field(name, { kind: 'string' })] }),
      field(`${name}5`, { kind: 'string' }, { default: name }),
    ];
    const options = { writerSchema: schema, readerSchema, fields };
    expect(decodeColumns(options, [Buffer.from('0200026106', 'hex')])).toEqual([
      { [name]: 1, [`${name}2`]: name, [`${name}3`]: { [name]: 'a' }, [`${name}5`]: name },
    ]);
  });

  it.each(HOSTILE)('stand in comments of the generated source only: %j', (name) => {
    const type = parseAvroType(
      record(
        { name, type: { type: 'enum', name: 'e', symbols: [name] } },
        { name: `${name}2`, type: 'int' },
      ),
    );
    if (type.kind !== 'record') throw new Error('expected a record');
    const fields = [field(name, { kind: 'enum', symbols: [name] })];
    const { text } = generateDecoder({ writer: type, reader: type, fields });
    // What ends a line in JavaScript. Source: ECMAScript §Line Terminators.
    const lines = text.split(/[\n\r\u2028\u2029]/);
    const code = lines.filter((line) => !/^ *\/\/ /.test(line));
    expect(lines.length - code.length).toBe(2);
    expect(code.join('\n')).not.toMatch(/process|hasOwnProperty|constructor/);
  });
});
