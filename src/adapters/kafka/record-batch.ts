import type { RecordsBatch } from '@platformatic/kafka';

/** One record as it stands in a partition. */
export interface KafkaLogRecord {
  readonly offset: bigint;
  readonly timestampMs: number;
  readonly timestampType: 'CREATE_TIME' | 'LOG_APPEND_TIME';
  readonly key: Uint8Array | null;
  /** Null for a tombstone of a compacted topic. */
  readonly value: Uint8Array | null;
  readonly headers: readonly (readonly [name: string, value: Uint8Array | null])[];
}

/** A transaction that was taken back, as a fetch response names it. */
export interface AbortedTransaction {
  readonly producerId: bigint;
  readonly firstOffset: bigint;
}

/** Bits of a batch's attributes. Source: Apache Kafka, "Record Batch". */
const LOG_APPEND_TIME = 0x08;
const TRANSACTIONAL = 0x10;
const CONTROL = 0x20;
/** Type of an abort marker, after two bytes of version. Source: Apache Kafka, "Control Batches". */
const ABORT = 0;

/**
 * Records of fetched batches from an offset on, in order, and the offset to go on with. A fetch may begin in the middle
 * of a batch; control batches and aborted transactions have offsets and no records, so offsets have gaps.
 */
export function readBatches(
  batches: readonly RecordsBatch[],
  options: {
    readonly fromOffset: bigint;
    /** As the fetch response names them. */
    readonly aborted: readonly AbortedTransaction[];
  },
): { readonly records: readonly KafkaLogRecord[]; readonly nextOffset: bigint } {
  const { fromOffset } = options;
  const toAbort = [...options.aborted].sort((a, b) => (a.firstOffset < b.firstOffset ? -1 : 1));
  const aborting = new Set<bigint>();
  const records: KafkaLogRecord[] = [];
  let nextOffset = fromOffset;
  for (const batch of batches) {
    const lastOffset = batch.firstOffset + BigInt(batch.lastOffsetDelta);
    if (lastOffset >= nextOffset) nextOffset = lastOffset + 1n;
    while (toAbort[0] !== undefined && toAbort[0].firstOffset <= lastOffset) {
      aborting.add(toAbort[0].producerId);
      toAbort.shift();
    }
    if ((batch.attributes & CONTROL) !== 0) {
      if (isAbortMarker(batch)) aborting.delete(batch.producerId);
      continue;
    }
    if ((batch.attributes & TRANSACTIONAL) !== 0 && aborting.has(batch.producerId)) continue;
    for (const record of recordsOf(batch)) {
      if (record.offset >= fromOffset) records.push(record);
    }
  }
  return { records, nextOffset };
}

function recordsOf(batch: RecordsBatch): readonly KafkaLogRecord[] {
  const isAppendTime = (batch.attributes & LOG_APPEND_TIME) !== 0;
  return batch.records.map(({ offsetDelta, timestampDelta, key, value, headers }) => ({
    offset: batch.firstOffset + BigInt(offsetDelta),
    // With LogAppendTime the broker sets one time for the batch, and the producer's stay in the deltas.
    timestampMs: Number(isAppendTime ? batch.maxTimestamp : batch.firstTimestamp + timestampDelta),
    timestampType: isAppendTime ? 'LOG_APPEND_TIME' : 'CREATE_TIME',
    key,
    value,
    headers: headers.map(([name, header]) => [name?.toString('utf8') ?? '', header] as const),
  }));
}

function isAbortMarker({ records }: RecordsBatch): boolean {
  const key = records[0]?.key;
  return key !== null && key !== undefined && key.length >= 4 && key.readInt16BE(2) === ABORT;
}
