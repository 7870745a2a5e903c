import { createHash } from 'node:crypto';
import type { PrimitiveType } from '#core/iceberg/spec/schema.ts';

/** What is compared of one column. facts.py counts the same. */
export interface ColumnFacts {
  readonly values: number;
  readonly nulls: number;
  readonly distinct: number;
  /** Sum of the values' hashes modulo 2^64, in hexadecimal: the order of rows does not count. */
  readonly checksum: string;
}

/** Facts of texts as Athena gives them. */
export function factsOfTexts(type: PrimitiveType, texts: readonly (string | null)[]): ColumnFacts {
  const distinct = new Set<string>();
  let nulls = 0;
  let sum = 0n;
  for (const text of texts) {
    if (text === null) {
      nulls += 1;
      continue;
    }
    const canonical = canonicalText(type, text);
    distinct.add(canonical);
    sum = BigInt.asUintN(64, sum + hashOf(canonical));
  }
  return { values: texts.length, nulls, distinct: distinct.size, checksum: sum.toString(16) };
}

/** One spelling of a value for every reader: numbers that may round as the bytes of a double. */
function canonicalText(type: PrimitiveType, text: string): string {
  switch (type) {
    case 'float':
      return doubleBytes(Math.fround(Number(text)));
    case 'double':
      return doubleBytes(Number(text));
    case 'timestamp': {
      const [seconds = '', fraction = ''] = text.split('.');
      return `${seconds}.${fraction.padEnd(6, '0')}`;
    }
    case 'binary':
      return text.replaceAll(' ', '').toLowerCase();
    default:
      return text;
  }
}

function doubleBytes(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return bytes.toString('hex');
}

function hashOf(text: string): bigint {
  return createHash('sha256').update(text).digest().readBigUInt64BE();
}
