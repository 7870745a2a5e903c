import type { AvroSchema } from '../../avro/datum-reader.ts';
import { avroName, decimalSizeBytes } from '../spec/manifest-schema.ts';
import type { PrimitiveType } from '../spec/schema.ts';
import { decimalParameters } from '../spec/schema-fields.ts';
import type { BoundPartitionField } from '../transform/bind-partition-spec.ts';

/*
 * The Avro schemas of manifests and manifest lists, written out by hand from the specification and
 * kept apart from the code that writes them: a slip there must not move both. Lenient readers accept
 * files without field ids; the reference implementation resolves columns by nothing else.
 * Source: Iceberg v2 §Manifests, §Manifest Lists, §Appendix A: Avro.
 */

const PARTITION_FIELDS = '"<partition fields>"';

const MANIFEST_ENTRY = `{"type":"record","name":"manifest_entry","fields":[
{"name":"status","type":"int","field-id":0},
{"name":"snapshot_id","type":["null","long"],"default":null,"field-id":1},
{"name":"sequence_number","type":["null","long"],"default":null,"field-id":3},
{"name":"file_sequence_number","type":["null","long"],"default":null,"field-id":4},
{"name":"data_file","type":{"type":"record","name":"r2","fields":[
{"name":"content","type":"int","field-id":134},
{"name":"file_path","type":"string","field-id":100},
{"name":"file_format","type":"string","field-id":101},
{"name":"partition","type":{"type":"record","name":"r102","fields":${PARTITION_FIELDS}},"field-id":102},
{"name":"record_count","type":"long","field-id":103},
{"name":"file_size_in_bytes","type":"long","field-id":104},
{"name":"column_sizes","type":["null",{"type":"array","items":{"type":"record","name":"k117_v118","fields":[{"name":"key","type":"int","field-id":117},{"name":"value","type":"long","field-id":118}]},"logicalType":"map"}],"default":null,"field-id":108},
{"name":"value_counts","type":["null",{"type":"array","items":{"type":"record","name":"k119_v120","fields":[{"name":"key","type":"int","field-id":119},{"name":"value","type":"long","field-id":120}]},"logicalType":"map"}],"default":null,"field-id":109},
{"name":"null_value_counts","type":["null",{"type":"array","items":{"type":"record","name":"k121_v122","fields":[{"name":"key","type":"int","field-id":121},{"name":"value","type":"long","field-id":122}]},"logicalType":"map"}],"default":null,"field-id":110},
{"name":"nan_value_counts","type":["null",{"type":"array","items":{"type":"record","name":"k138_v139","fields":[{"name":"key","type":"int","field-id":138},{"name":"value","type":"long","field-id":139}]},"logicalType":"map"}],"default":null,"field-id":137},
{"name":"lower_bounds","type":["null",{"type":"array","items":{"type":"record","name":"k126_v127","fields":[{"name":"key","type":"int","field-id":126},{"name":"value","type":"bytes","field-id":127}]},"logicalType":"map"}],"default":null,"field-id":125},
{"name":"upper_bounds","type":["null",{"type":"array","items":{"type":"record","name":"k129_v130","fields":[{"name":"key","type":"int","field-id":129},{"name":"value","type":"bytes","field-id":130}]},"logicalType":"map"}],"default":null,"field-id":128},
{"name":"key_metadata","type":["null","bytes"],"default":null,"field-id":131},
{"name":"split_offsets","type":["null",{"type":"array","items":"long","element-id":133}],"default":null,"field-id":132},
{"name":"equality_ids","type":["null",{"type":"array","items":"int","element-id":136}],"default":null,"field-id":135},
{"name":"sort_order_id","type":["null","int"],"default":null,"field-id":140}
]},"field-id":2}]}`;

const MANIFEST_FILE = `{"type":"record","name":"manifest_file","fields":[
{"name":"manifest_path","type":"string","field-id":500},
{"name":"manifest_length","type":"long","field-id":501},
{"name":"partition_spec_id","type":"int","field-id":502},
{"name":"content","type":"int","field-id":517},
{"name":"sequence_number","type":"long","field-id":515},
{"name":"min_sequence_number","type":"long","field-id":516},
{"name":"added_snapshot_id","type":"long","field-id":503},
{"name":"added_files_count","type":"int","field-id":504},
{"name":"existing_files_count","type":"int","field-id":505},
{"name":"deleted_files_count","type":"int","field-id":506},
{"name":"added_rows_count","type":"long","field-id":512},
{"name":"existing_rows_count","type":"long","field-id":513},
{"name":"deleted_rows_count","type":"long","field-id":514},
{"name":"partitions","type":["null",{"type":"array","items":{"type":"record","name":"r508","fields":[
{"name":"contains_null","type":"boolean","field-id":509},
{"name":"contains_nan","type":["null","boolean"],"default":null,"field-id":518},
{"name":"lower_bound","type":["null","bytes"],"default":null,"field-id":510},
{"name":"upper_bound","type":["null","bytes"],"default":null,"field-id":511}
]},"element-id":508}],"default":null,"field-id":507},
{"name":"key_metadata","type":["null","bytes"],"default":null,"field-id":519}]}`;

/** Partition field of the golden schema: name as Avro takes it, type as JSON of §Appendix A. */
export interface GoldenPartitionField {
  readonly fieldId: number;
  readonly name: string;
  readonly avroType: AvroSchema;
}

export const GOLDEN_MANIFEST_FILE: AvroSchema = JSON.parse(MANIFEST_FILE);

export function goldenManifestEntry(partition: readonly GoldenPartitionField[]): AvroSchema {
  const fields = partition.map(({ fieldId, name, avroType }) => ({
    name,
    type: ['null', avroType],
    default: null,
    'field-id': fieldId,
  }));
  return JSON.parse(MANIFEST_ENTRY.replace(PARTITION_FIELDS, JSON.stringify(fields)));
}

/** The partition struct that a spec's fields make. */
export function goldenPartition(
  fields: readonly BoundPartitionField[],
): readonly GoldenPartitionField[] {
  return fields.map(({ fieldId, name, resultType }, index) => {
    const isRepeated = fields.findIndex((field) => field.resultType === resultType) < index;
    const suffix = isRepeated ? `_${fieldId}` : '';
    return { fieldId, name: avroName(name), avroType: goldenType(resultType, suffix) };
  });
}

/** Source: Iceberg v2 §Appendix A: Avro. Every fixed type needs a name of its own. */
function goldenType(type: PrimitiveType, suffix: string): AvroSchema {
  if (type === 'binary') return 'bytes';
  if (type === 'date') return { type: 'int', logicalType: 'date' };
  if (type === 'timestamp') {
    return { type: 'long', logicalType: 'timestamp-micros', 'adjust-to-utc': false };
  }
  const decimal = decimalParameters(type);
  if (decimal === null) return type;
  const { precision, scale } = decimal;
  const name = `decimal_${precision}_${scale}${suffix}`;
  const size = decimalSizeBytes(precision);
  return { type: 'fixed', name, size, logicalType: 'decimal', precision, scale };
}

/** Equal but for `doc` texts and the original names of fields that Avro cannot spell. */
export function sameAvroSchema(a: AvroSchema, b: AvroSchema): boolean {
  return canonical(a) === canonical(b);
}

function canonical(schema: AvroSchema): string {
  return JSON.stringify(schema, (_key, value: unknown) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    const kept = Object.entries(value).filter(
      ([key]) => key !== 'doc' && key !== 'iceberg-field-name',
    );
    return Object.fromEntries(kept.sort(([x], [y]) => (x < y ? -1 : 1)));
  });
}
