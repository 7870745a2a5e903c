import { encodeBatchSummary, readBatchSummary } from '#core/delivery/batch-summary.ts';
import { decodeDeadLetters, encodeDeadLetters } from '#core/delivery/dead-letter.ts';
import { decodeSourceStates, encodeSourceStates, NO_COUNTS } from '#core/delivery/source-state.ts';
import { SluiceError } from '#core/errors.ts';
import { type FuzzTarget, refusedWith } from '../fuzz-target.ts';
import { below, mutateText } from '../mutate.ts';

const POSITION = { sequence: '1'.padStart(56, '0'), subSequence: 3 };
const CODES = new Set(['TABLE_INVALID', 'FORMAT_CORRUPT']);

/** The small documents that exactly-once and the ledger rest on: states, batch summaries, dead letters. */
export const stateDocuments: FuzzTarget = {
  name: 'state-documents',
  async prepare() {
    const state = { position: POSITION, maxEventTimeMicros: 5n, counts: NO_COUNTS };
    const states = [encodeSourceStates(new Map([['kinesis:a/shardId-0', state]]))];
    const batches = [
      encodeBatchSummary({
        source: 'kinesis:a/shardId-0',
        first: POSITION,
        last: POSITION,
        streams: new Map([['trade', new Map([['2026-11-20T21', NO_COUNTS]])]]),
      }),
    ];
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
      (text) => readBatchSummary({ 'sluice.batch': text }),
      (text) => decodeDeadLetters(Buffer.from(text)),
    ];
    const corpora = [states, batches, letters];
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
