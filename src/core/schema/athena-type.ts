import { type FieldType, storedName } from './field.ts';
import { athenaScalar, isScalar } from './type-mapping.ts';

/** Type name in Athena DDL and the Glue catalog: `array<struct<a:int>>`, `map<string,double>`. */
export function toAthenaType(type: FieldType): string {
  if (isScalar(type)) return athenaScalar(type);
  switch (type.kind) {
    case 'list':
      return `array<${toAthenaType(type.element)}>`;
    case 'map':
      return `map<string,${toAthenaType(type.value)}>`;
    case 'record': {
      const fields = type.fields.map((f) => `${storedName(f)}:${toAthenaType(f.type)}`);
      return `struct<${fields.join(',')}>`;
    }
  }
}
