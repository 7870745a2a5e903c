import type { Field, FieldType } from '#core/schema/field.ts';

/** A type as a domain file writes it. Money of any currency becomes USD, for the user to change. */
export function starterType(type: FieldType): string {
  switch (type.kind) {
    case 'decimal':
      return `"decimal(${type.precision},${type.scale})"`;
    case 'money':
      return `{ type: money, currency: ${type.currency === '' ? 'USD' : type.currency} }`;
    case 'enum':
      return `{ type: enum, symbols: [${type.symbols.map((symbol) => JSON.stringify(symbol)).join(', ')}] }`;
    case 'list':
      return `{ type: list, element: ${starterType(type.element)} }`;
    case 'map':
      return `{ type: map, value: ${starterType(type.value)} }`;
    case 'record':
      return `{ type: record, fields: { ${type.fields.map(recordField).join(', ')} } }`;
    default:
      return type.kind;
  }
}

function recordField({ name, type, optional }: Field): string {
  const text = starterType(type);
  if (!optional) return `${name}: ${text}`;
  const inner = text.startsWith('{') ? text.slice(1, -1).trim() : `type: ${text}`;
  return `${name}: { ${inner}, optional: true }`;
}
