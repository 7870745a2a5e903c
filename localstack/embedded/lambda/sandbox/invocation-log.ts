import type { LambdaFunctionConfig, LambdaOutcome } from '#embedded/services.ts';
import { FUNCTION_VERSION } from './sandbox-environment.ts';

/** Length of the log tail that Invoke returns. Source: Lambda API, Invoke, LogResult. */
const TAIL_BYTES = 4096;
const MIB = 1024 * 1024;

/** Log lines of one invocation, between the START and REPORT lines that Lambda writes around them. */
export interface InvocationLog {
  add(text: string): void;
  /** Writes the last lines and returns the tail. */
  end(report: {
    readonly outcome: LambdaOutcome;
    readonly durationMs: number;
    /** Of a cold start; null when the sandbox was warm. */
    readonly initMs: number | null;
    readonly peakBytes: number;
  }): string;
}

export function createInvocationLog(options: {
  readonly requestId: string;
  readonly config: LambdaFunctionConfig;
  readonly emit: (text: string) => void;
}): InvocationLog {
  const { requestId, config, emit } = options;
  let tail = '';
  const add = (text: string): void => {
    emit(text);
    tail = `${tail}${text}\n`;
    if (tail.length > 2 * TAIL_BYTES) tail = tail.slice(-TAIL_BYTES);
  };
  add(`START RequestId: ${requestId} Version: ${FUNCTION_VERSION}`);
  return {
    add,
    end: ({ outcome, durationMs, initMs, peakBytes }) => {
      if (outcome.kind === 'error' && isPlatformError(outcome.errorType)) add(outcome.errorMessage);
      add(`END RequestId: ${requestId}`);
      const fields = [
        `REPORT RequestId: ${requestId}`,
        `Duration: ${durationMs.toFixed(2)} ms`,
        `Billed Duration: ${Math.ceil(durationMs)} ms`,
        `Memory Size: ${config.memoryMb} MB`,
        `Max Memory Used: ${Math.ceil(peakBytes / MIB)} MB`,
      ];
      if (initMs !== null) fields.push(`Init Duration: ${initMs.toFixed(2)} ms`);
      add(fields.join('\t'));
      return Buffer.from(tail).subarray(-TAIL_BYTES).toString('utf8');
    },
  };
}

/** The runtime prints its own errors; these it could not print. */
function isPlatformError(errorType: string): boolean {
  return /^(Sandbox|Runtime\.(ExitError|OutOfMemory)$|Function\.)/.test(errorType);
}
