import { encodeBatchSummaries, readBatchSummaries } from '#core/delivery/batch-summary.ts';
import { appendLink, seedChain } from '#core/delivery/chain-changes.ts';
import { decodeDeadLetters, encodeDeadLetters } from '#core/delivery/dead-letter.ts';
import { NO_COUNTS } from '#core/delivery/delivery-counts.ts';
import { decodeSourceChain, encodeSourceChain } from '#core/delivery/source-chain-codec.ts';
import { decodeSourceStates, encodeSourceStates } from '#core/delivery/source-state.ts';
import {
  decodeStagedBatch,
  encodeStagedBatch,
  type StagedBatch,
} from '#core/delivery/staged-batch.ts';
import { SluiceError } from '#core/errors.ts';
import { type FuzzTarget, refusedWith } from '../fuzz-target.ts';
import { below, mutateText } from '../mutate.ts';

const POSITION = { sequence: '1'.padStart(56, '0'), subSequence: 3 };
const CHAIN = appendLink(seedChain('kinesis:a/shardId-0', new Map()), {
  last: POSITION,
  tables: new Map([['d.trade', { maxEventTimeMicros: 5n, maxArrivalMicros: 6n }]]),
  descriptor: { uri: 's3://lake/staged/a.json', sha256: 'ab'.repeat(32) },
  stagedAtMs: 7,
});
const BATCH: StagedBatch = {
  domain: 'd',
  source: 'kinesis:a/shardId-0',
  last: POSITION,
  tables: new Map([
    [
      'd.trade',
      {
        tableUuid: '00000000-0000-4000-8000-000000000001',
        schemaId: 0,
        specId: 0,
        dedupeHorizonMs: 60_000,
        first: POSITION,
        files: [
          {
            filePath: 's3://lake/t/data/a.parquet',
            partition: [1, null, 'x', 2n, Uint8Array.of(1)],
            recordCount: 1n,
            fileSizeBytes: 10n,
            columnSizes: new Map([[1, 4n]]),
            valueCounts: new Map([[1, 1n]]),
            nullValueCounts: new Map(),
            nanValueCounts: new Map(),
            lowerBounds: new Map([[1, Uint8Array.of(7)]]),
            upperBounds: new Map(),
            splitOffsets: [4n],
          },
        ],
        streams: new Map([['trade', new Map([['2026-11-20T21', NO_COUNTS]])]]),
        duplicates: [{ position: POSITION, arrivalMicros: 8n }],
        maxEventTimeMicros: null,
      },
    ],
  ]),
};
const CODES = new Set(['TABLE_INVALID', 'FORMAT_CORRUPT']);

/** The small documents that exactly-once and the ledger rest on: states, batch summaries, dead letters, chains, staged batches. */
export const stateDocuments: FuzzTarget = {
  name: 'state-documents',
  async prepare() {
    const state = { position: POSITION, maxEventTimeMicros: 5n, counts: NO_COUNTS };
    const states = [encodeSourceStates(new Map([['kinesis:a/shardId-0', state]]))];
    const batches = [
      encodeBatchSummaries([
        {
          source: 'kinesis:a/shardId-0',
          first: POSITION,
          last: POSITION,
          streams: new Map([['trade', new Map([['2026-11-20T21', NO_COUNTS]])]]),
        },
      ]),
    ];
    const chains = [encodeSourceChain(CHAIN)];
    const staged = [encodeStagedBatch(BATCH)];
    const letters = encodeDeadLetters(
      [
        {
          position: POSITION,
          kind: 'undecodable',
          reason: 'why',
          arrivalMicros: 5_000n,
          partitionKey: 'k',
          payload: Uint8Array.of(1, 2),
        },
      ],
      { domain: 'd', stream: 's', source: 'kinesis:a/shardId-0' },
    ).map(({ body }) => Buffer.from(body).toString());
    const readers: readonly ((text: string) => unknown)[] = [
      decodeSourceStates,
      (text) => readBatchSummaries({ 'sluice.batch': text }),
      (text) => decodeDeadLetters(Buffer.from(text)),
      (text) => decodeSourceChain(text, 'fuzz'),
      (text) => decodeStagedBatch(text, 'fuzz'),
    ];
    const corpora = [states, batches, letters, chains, staged];
    return {
      run(draw) {
        const kind = below(draw, readers.length);
        try {
          readers[kind]?.(mutateText(draw, corpora[kind] ?? []));
          return 'accepted';
        } catch (error) {
          return refusedWith(error, (e) => e instanceof SluiceError && CODES.has(e.code));
        }
      },
    };
  },
};
