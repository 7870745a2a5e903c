import { type AvroCursor, avroCorrupt } from './avro-cursor.ts';
import { type AvroType, hasBytes } from './avro-type.ts';

/** Steps over one value; returns null so that it can stand where a reader stands. */
export type ValueSkipper = (cursor: AvroCursor) => null;

/** Compiles a walk over values the reader does not want. Recursive types nest as deep as the cursor allows. */
export function createSkipper(type: AvroType): ValueSkipper {
  return compile(type, new Map());
}

function compile(type: AvroType, known: Map<AvroType, ValueSkipper>): ValueSkipper {
  switch (type.kind) {
    case 'null':
      return () => null;
    case 'boolean':
      return discard((cursor) => cursor.readBoolean());
    case 'int':
      return discard((cursor) => cursor.readInt());
    case 'long':
      return discard((cursor) => cursor.readLong());
    case 'float':
      return discard((cursor) => cursor.take(4));
    case 'double':
      return discard((cursor) => cursor.take(8));
    case 'bytes':
    case 'string':
      return discard((cursor) => cursor.take(cursor.readLength()));
    case 'fixed':
      return discard((cursor) => cursor.take(type.sizeBytes));
    case 'enum':
      return skipIndex(type.symbols.map(() => () => null));
    case 'union':
      return skipIndex(type.branches.map((branch) => compile(branch, known)));
    case 'array':
      return skipBlocks(hasBytes(type.items) ? compile(type.items, known) : null);
    case 'map':
      return skipBlocks(skipEntry(compile(type.values, known)));
    case 'record':
      return skipRecord(type, known);
  }
}

function discard(read: (cursor: AvroCursor) => unknown): ValueSkipper {
  return (cursor) => {
    read(cursor);
    return null;
  };
}

function skipIndex(branches: readonly ValueSkipper[]): ValueSkipper {
  return (cursor) => {
    const index = cursor.readInt();
    const branch = branches[index];
    if (branch === undefined) throw avroCorrupt(`branch or symbol ${index} of ${branches.length}`);
    return branch(cursor);
  };
}

function skipEntry(skipValue: ValueSkipper): ValueSkipper {
  return (cursor) => {
    cursor.take(cursor.readLength());
    return skipValue(cursor);
  };
}

/** Items without bytes (null) need no step each: their count would not be bounded by the input. */
function skipBlocks(skipItem: ValueSkipper | null): ValueSkipper {
  return (cursor) => {
    for (let count = cursor.readBlockCount(); count > 0; count = cursor.readBlockCount()) {
      if (skipItem === null) continue;
      for (let index = 0; index < count; index++) skipItem(cursor);
    }
    return null;
  };
}

function skipRecord(
  type: Extract<AvroType, { kind: 'record' }>,
  known: Map<AvroType, ValueSkipper>,
): ValueSkipper {
  const existing = known.get(type);
  if (existing !== undefined) return existing;
  const steps: ValueSkipper[] = [];
  const skip: ValueSkipper = (cursor) =>
    cursor.nested(() => {
      for (const step of steps) step(cursor);
      return null;
    });
  // Registered before its fields are compiled, so that a record can contain itself.
  known.set(type, skip);
  for (const field of type.fields) steps.push(compile(field.type, known));
  return skip;
}
