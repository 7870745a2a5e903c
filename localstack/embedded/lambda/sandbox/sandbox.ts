import type { ChildProcess } from 'node:child_process';
import type { LambdaFunctionConfig, LambdaOutcome } from '#embedded/services.ts';
import { createInvocationLog, type InvocationLog } from './invocation-log.ts';
import {
  cannotStart,
  exited,
  type InvocationError,
  outOfMemory,
  stopped,
  timedOut,
} from './invocation-outcome.ts';
import { residentBytesOf, type WatchedProcess } from './memory-watch.ts';
import type { OrphanGuard } from './orphan-guard.ts';
import {
  listenRuntimeApi,
  type RuntimeApi,
  type RuntimeApiHandler,
  type RuntimeInvocation,
  readReportedError,
  readResponse,
} from './runtime-api.ts';
import { openSandboxSession, type SandboxIam, type SandboxSession } from './sandbox-session.ts';
import { spawnRuntime } from './spawn-runtime.ts';

export interface SandboxOptions {
  readonly config: LambdaFunctionConfig;
  readonly endpointUrl: string | null;
  readonly initTimeoutMs: number;
  readonly orphanGuard: OrphanGuard;
  readonly iam: SandboxIam | null;
  /** The sandbox can take an invocation. */
  readonly onIdle: (sandbox: Sandbox) => void;
  /** The process is gone or going; `initFailure` when it never became ready. */
  readonly onDead: (sandbox: Sandbox, initFailure: InitFailure | null) => void;
  readonly onLine: (text: string) => void;
}

/** What an invocation that waits for a sandbox gets when the sandbox does not start. */
export type InitFailure = (requestId: string) => InvocationError;

export interface InvocationReport {
  readonly outcome: LambdaOutcome;
  /** Last 4 KiB of the invocation's log. */
  readonly logTail: string;
  /** Of the handler; 0 when it never ran. */
  readonly durationMs: number;
}

interface Current {
  readonly requestId: string;
  readonly startedMs: number;
  readonly log: InvocationLog;
  readonly timer: NodeJS.Timeout;
  readonly resolve: (report: InvocationReport) => void;
  /** What the runtime answered: from then on no crash can change it. */
  outcome: LambdaOutcome | null;
}

const MIB = 1024 * 1024;
const HEAP_EXHAUSTED = 'JavaScript heap out of memory';
/** A runtime that answered asks for more at once; one that does not is blocked and makes room. */
const RETURN_LIMIT_MS = 1000;
/** How long after its exit a process's last output is waited for: a grandchild can hold the pipe open. */
const OUTPUT_GRACE_MS = 200;

/** One execution environment: a child process that asks its own Runtime API for one invocation at a time. */
export class Sandbox {
  readonly #options: SandboxOptions;
  readonly #session: SandboxSession;
  readonly #createdMs = performance.now();
  readonly #exit: Promise<void>;
  #markExited: () => void = () => undefined;
  #state: 'starting' | 'idle' | 'busy' | 'dead' = 'starting';
  #api: RuntimeApi | null = null;
  #child: ChildProcess | null = null;
  /** Of the time to the first or next question for work. */
  #askTimer: NodeJS.Timeout | undefined;
  #initMs: number | null = null;
  #send: ((invocation: RuntimeInvocation) => void) | null = null;
  #current: Current | null = null;
  #peakBytes = 0;
  #heapExhausted = false;

  constructor(options: SandboxOptions) {
    this.#options = options;
    this.#session = openSandboxSession(options.config, options);
    this.#exit = new Promise((resolve) => {
      this.#markExited = () => {
        this.#session.end();
        resolve();
      };
    });
  }

  get config(): LambdaFunctionConfig {
    return this.#options.config;
  }

  get isIdle(): boolean {
    return this.#state === 'idle';
  }

  get isStarting(): boolean {
    return this.#state === 'starting';
  }

  /** True between an answer and the runtime's next question: it is about to be idle. */
  get isReturning(): boolean {
    return this.#state === 'busy' && this.#current === null;
  }

  /** Pid of the live process, which leads its own process group; null before and after its life. */
  get pid(): number | null {
    return this.#state === 'dead' ? null : (this.#child?.pid ?? null);
  }

  get watched(): WatchedProcess | null {
    const { pid } = this;
    if (pid === null) return null;
    return {
      pid,
      limitBytes: this.config.memoryMb * MIB,
      onMeasured: (bytes) => {
        this.#peakBytes = Math.max(this.#peakBytes, bytes);
      },
      onExceeded: () => this.#die(outOfMemory),
    };
  }

  /** Starts the process. Failures are reported by `onDead`. */
  async start(): Promise<void> {
    try {
      this.#api = await listenRuntimeApi(this.#runtimeApiHandler());
    } catch (error) {
      this.#die((requestId) => cannotStart(requestId, error));
      this.#markExited();
      return;
    }
    if (this.#state === 'dead') {
      this.#api.close();
      this.#markExited();
      return;
    }
    this.#spawn(this.#api.address);
    this.#askTimer = setTimeout(() => {
      this.#die((requestId) => timedOut(requestId, this.#options.initTimeoutMs));
    }, this.#options.initTimeoutMs);
  }

  /** Hands an invocation to the idle runtime. Never rejects. */
  run(requestId: string, payload: Buffer): Promise<InvocationReport> {
    const send = this.#send;
    if (send === null || this.#state !== 'idle') {
      throw new Error(`sandbox of ${this.config.name} is ${this.#state}, expected idle`);
    }
    const { timeoutMs, arn } = this.config;
    this.#state = 'busy';
    this.#send = null;
    return new Promise((resolve) => {
      const log = createInvocationLog({
        requestId,
        config: this.config,
        emit: this.#session.writeLog,
      });
      const timer = setTimeout(() => this.#die((id) => timedOut(id, timeoutMs)), timeoutMs);
      const startedMs = performance.now();
      this.#current = { requestId, startedMs, log, timer, resolve, outcome: null };
      send({ requestId, payload, functionArn: arn, deadlineMs: Date.now() + timeoutMs });
    });
  }

  /** Kills the process group and waits until the process is gone. */
  async kill(): Promise<void> {
    this.#die(stopped);
    await this.#exit;
  }

  #spawn(runtimeApi: string): void {
    const { config, endpointUrl, orphanGuard } = this.#options;
    const child = spawnRuntime(config, {
      runtimeApi,
      endpointUrl,
      session: this.#session,
      onLine: (text) => this.#logLine(text),
    });
    this.#child = child;
    if (child.pid !== undefined) orphanGuard.watch(child.pid);
    child.on('error', (error) => {
      this.#die((requestId) => cannotStart(requestId, error));
      this.#markExited();
    });
    child.on('exit', (code, signal) => void this.#afterExit(child, { code, signal }));
  }

  async #afterExit(
    child: ChildProcess,
    exit: { readonly code: number | null; readonly signal: NodeJS.Signals | null },
  ): Promise<void> {
    if (child.pid !== undefined) this.#options.orphanGuard.unwatch(child.pid);
    this.#markExited();
    if (this.#state === 'dead') return;
    await Promise.race([outputEnd(child), new Promise((r) => setTimeout(r, OUTPUT_GRACE_MS))]);
    this.#die((requestId) =>
      this.#heapExhausted ? outOfMemory(requestId) : exited(requestId, exit),
    );
  }

  #logLine(text: string): void {
    if (text.includes(HEAP_EXHAUSTED)) this.#heapExhausted = true;
    if (this.#current === null) this.#session.writeLog(text);
    else this.#current.log.add(text);
  }

  #runtimeApiHandler(): RuntimeApiHandler {
    return {
      next: (send) => {
        if (!this.#mayAskForWork()) return false;
        clearTimeout(this.#askTimer);
        if (this.#state === 'starting') this.#initMs = performance.now() - this.#createdMs;
        this.#send = send;
        // A busy sandbox whose answer is still on its way to the caller becomes idle after that.
        if (this.#current === null) this.#becomeIdle();
        return true;
      },
      response: (requestId, body) => {
        if (!this.#isAnswerable(requestId)) return false;
        this.#complete(readResponse(requestId, body));
        return true;
      },
      error: (requestId, body) => {
        if (!this.#isAnswerable(requestId)) return false;
        this.#complete(readReportedError(requestId, body));
        return true;
      },
      initError: (body) => {
        if (this.#state !== 'starting') return false;
        // Answered first, so that the runtime does not take the kill for a lost connection.
        setImmediate(() => this.#die((requestId) => readReportedError(requestId, body)));
        return true;
      },
    };
  }

  #isAnswerable(requestId: string): boolean {
    return this.#current?.requestId === requestId && this.#current.outcome === null;
  }

  #mayAskForWork(): boolean {
    if (this.#state === 'starting') return true;
    return this.#state === 'busy' && this.#send === null && this.#current?.outcome !== null;
  }

  /** Ends the current invocation with what the runtime answered. */
  #complete(outcome: LambdaOutcome): void {
    const current = this.#current;
    if (current === null) return;
    current.outcome = outcome;
    clearTimeout(current.timer);
    // What the handler printed before it answered is in the pipes already: two turns of the event loop read it.
    setImmediate(() =>
      setImmediate(() => {
        if (this.#current !== current) return;
        this.#finish(current, outcome);
        if (this.#state !== 'busy') return;
        if (this.#send !== null) this.#becomeIdle();
        else this.#askTimer = setTimeout(() => this.#die(stopped), RETURN_LIMIT_MS);
      }),
    );
  }

  #finish(current: Current, outcome: LambdaOutcome): void {
    clearTimeout(current.timer);
    this.#current = null;
    const residentBytes = this.pid === null ? null : residentBytesOf(this.pid);
    this.#peakBytes = Math.max(this.#peakBytes, residentBytes ?? 0);
    const durationMs = performance.now() - current.startedMs;
    const logTail = current.log.end({
      outcome,
      durationMs,
      initMs: this.#initMs,
      peakBytes: this.#peakBytes,
    });
    this.#initMs = null;
    current.resolve({ outcome, logTail, durationMs });
  }

  #becomeIdle(): void {
    this.#state = 'idle';
    this.#options.onIdle(this);
  }

  /** Ends the sandbox and, with `reason`, the invocation in it. Does nothing the second time. */
  #die(reason: InitFailure): void {
    if (this.#state === 'dead') return;
    const wasStarting = this.#state === 'starting';
    const { pid } = this;
    const current = this.#current;
    if (current !== null) this.#finish(current, current.outcome ?? reason(current.requestId));
    this.#state = 'dead';
    clearTimeout(this.#askTimer);
    if (pid !== null) killGroup(pid);
    this.#api?.close();
    this.#options.onDead(this, wasStarting ? reason : null);
  }
}

function outputEnd(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => child.once('close', () => resolve()));
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // The process ended by itself in this moment; its exit event follows.
  }
}
