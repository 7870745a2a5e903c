import type { FuzzTarget } from './fuzz-target.ts';
import { athenaSql } from './targets/athena-sql.ts';
import { avroColumns } from './targets/avro-columns.ts';
import { avroRow } from './targets/avro-row.ts';
import { domainYaml } from './targets/domain-yaml.ts';
import { expression } from './targets/expression.ts';
import { fileRows } from './targets/file-rows.ts';
import { httpBody } from './targets/http-body.ts';
import { writerBatch } from './targets/ingest-batch.ts';
import { kinesisRecord } from './targets/kinesis-record.ts';
import { manifest, manifestList, tableMetadata } from './targets/lake-files.ts';
import { schemaRegistryHeader } from './targets/schema-registry-header.ts';
import { stateDocuments } from './targets/state-documents.ts';

/** Every place where foreign bytes or text come in. */
export const FUZZ_TARGETS: readonly FuzzTarget[] = [
  avroRow,
  avroColumns,
  kinesisRecord,
  schemaRegistryHeader,
  writerBatch,
  stateDocuments,
  tableMetadata,
  manifestList,
  manifest,
  httpBody,
  fileRows,
  domainYaml,
  expression,
  athenaSql,
];
