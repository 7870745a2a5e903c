import type { Draw } from './mutate.ts';

/** What became of one hostile input: both are fine, anything thrown is not. */
export type Verdict = 'accepted' | 'refused';

/** One place where foreign bytes or text come in. */
export interface FuzzTarget {
  readonly name: string;
  /** Made once per process: compiled decoders and a corpus of genuine inputs. */
  prepare(): Promise<FuzzCase>;
}

export interface FuzzCase {
  /** Runs one input made from `draw`. Throws when it is neither accepted nor refused with an error that names the place. */
  run(draw: Draw): Verdict | Promise<Verdict>;
}

export interface FuzzReport {
  readonly name: string;
  readonly inputs: number;
  readonly accepted: number;
  readonly refused: number;
  readonly slowestMs: number;
  /** Highest of the process, at the checks between inputs. */
  readonly peakHeapMb: number;
  readonly failures: readonly { readonly index: number; readonly problem: string }[];
}

/** An error that the caller can act upon: of our class or the one named, with a message worth reading. */
export function refusedWith(error: unknown, isExpected: (error: unknown) => boolean): Verdict {
  if (!isExpected(error)) throw error;
  const { message } = error as Error;
  if (message.trim() === '' || message.length > 20_000)
    throw new Error(`message of ${message.length} characters, expected a sentence`);
  return 'refused';
}
