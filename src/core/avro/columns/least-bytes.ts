import type { AvroType } from '../avro-type.ts';

/** Tells the fewest bytes a value of a type takes; never more than it really takes. Remembers types of its schema. */
export function createLeastBytes(): (type: AvroType) => number {
  const known = new Map<AvroType, number>();
  const leastOf = (type: AvroType): number => {
    switch (type.kind) {
      case 'null':
        return 0;
      case 'float':
        return 4;
      case 'double':
        return 8;
      case 'fixed':
        return type.sizeBytes;
      case 'union':
        return 1 + Math.min(...type.branches.map(leastOf));
      case 'record': {
        const remembered = known.get(type);
        if (remembered !== undefined) return remembered;
        // A record that contains itself: nothing is known of the inner one.
        known.set(type, 0);
        const sum = type.fields.reduce((bytes, field) => bytes + leastOf(field.type), 0);
        known.set(type, sum);
        return sum;
      }
      default:
        return 1;
    }
  };
  return leastOf;
}
