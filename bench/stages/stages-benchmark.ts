import type { Benchmark } from '../benchmark.ts';
import { withBenchFolder } from '../handler/bench-folder.ts';
import { measureInChild } from '../process/measure-in-children.ts';
import { resultOf } from '../report/result.ts';
import { STAGES, type StagesMeasured, type StagesRequest } from './measure-stages.ts';

const MEASURE = new URL('measure-stages.ts', import.meta.url);

/** What each stage takes, and the heart of them against the reference. */
export const STAGES_BENCHMARK: Benchmark = {
  name: 'stages',
  results: [
    'encode_events_per_s_core',
    'encode_reference_events_per_s_core',
    'encode_ratio_to_reference',
    'encode_bytes_per_event',
    'encode_reference_bytes_per_event',
    ...STAGES.map(resultName),
    'stages_all_ns_per_event',
  ],
  run: async ({ quick }) => {
    const rounds = quick ? { warmUp: 2, rounds: 3 } : { warmUp: 15, rounds: 25 };
    const { events, stages, encode, reference, encodedBytes, referenceBytes } =
      await withBenchFolder((folder) => {
        const request: StagesRequest = { folder, ...rounds };
        return measureInChild<StagesMeasured>(MEASURE, request);
      });
    const perSecond = (nanos: number) => 1e9 / nanos;
    const all = encode.map((_, round) =>
      STAGES.reduce((sum, stage) => sum + (stages[stage][round] ?? 0), 0),
    );
    return [
      resultOf('encode_events_per_s_core', 'events/s', encode.map(perSecond)),
      resultOf('encode_reference_events_per_s_core', 'events/s', reference.map(perSecond)),
      resultOf(
        'encode_ratio_to_reference',
        'ratio',
        reference.map((nanos, round) => nanos / (encode[round] ?? Number.NaN)),
      ),
      resultOf('encode_bytes_per_event', 'bytes', [encodedBytes / events]),
      resultOf('encode_reference_bytes_per_event', 'bytes', [referenceBytes / events]),
      ...STAGES.map((stage) => resultOf(resultName(stage), 'ns', stages[stage])),
      resultOf('stages_all_ns_per_event', 'ns', all),
    ];
  },
};

function resultName(stage: string): string {
  return `stage_${stage}_ns_per_event`;
}
